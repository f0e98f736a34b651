"""How many instructions the functions take, counted by callgrind."""
