def build(now):
    return False
