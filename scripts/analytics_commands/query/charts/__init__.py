"""Rows as pictures.

chart            what there is to draw
chart_pictures   draws it for a page, whose style sheet is chart.css; chart_page is a page of it
chart_text       draws it in a terminal
"""
