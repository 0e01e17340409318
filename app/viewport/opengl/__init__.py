"""What there is to draw with.

`glinfo` finds Qt's renderer; `driver_cache` keeps a full disk from ending the process inside the driver.
"""
