import cairo

surface = cairo.ImageSurface(cairo.FORMAT_RGB24, 40, 20)
cairo.Context(surface).paint()
print(surface.get_width(), surface.get_height())
