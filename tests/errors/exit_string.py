print("out")
raise SystemExit("a message for stderr")
