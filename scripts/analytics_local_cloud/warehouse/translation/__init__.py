"""stand-in"""


class NotTranslated(Exception):
    def __init__(self, what):
        self.what = what


def translate_query(*a):
    raise NotTranslated("this query")


def translate_change(*a):
    raise NotTranslated("this statement")
