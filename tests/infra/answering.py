"""Commands that are answered as told, without a process: for what calls many of them."""

from analytics_commands.foundation.deployment.programs import ProgramFailed


class Answering:
    """Records commands and answers them; what is answered later comes first."""

    def __init__(self):
        self.calls = []
        self._answers = []

    def answer(self, words, printed="", code=0):
        """Answer calls with all these words; with a code other than 0, as an error."""
        self._answers.insert(0, (set(words.split()), printed, code))

    def acts(self):
        """Return which of Terraform's commands that matter were run, in their order."""
        return [call[2] for call in self.calls if call[2:] and call[2] in {"plan", "apply"}]

    def read(self, *command, example=""):  # noqa: ARG002 - as Commands
        """Answer it."""
        self.calls.append(command)
        for words, printed, code in self._answers:
            if words <= set(command) and code:
                raise ProgramFailed(printed, printed)
            if words <= set(command):
                return printed
        return ""

    run = run_heard = read_last_line = read
