"""All of it in numbers, words and pictures.

`load_figures`, `proof_figures` and `figures`: the numbers; `texts`: how people read them;
`charts`, `report_page` and `report_file`: the report as one HTML file; `report_data`: what it
holds for programs, `comparison`: what that is for; `sending_machine`: where it was measured.
"""
