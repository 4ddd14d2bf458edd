from lxml import etree

feed = etree.fromstring("<feed><entry>one</entry><entry>two</entry></feed>")
print(*feed.xpath("entry/text()"))
