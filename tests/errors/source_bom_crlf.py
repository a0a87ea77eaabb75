print("bom")
if True:
    print("crlf")
