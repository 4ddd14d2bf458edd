from markupsafe import escape

print(escape("<b>"))
