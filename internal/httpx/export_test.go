package httpx

// CheckAddr is the dial guard's rule, for addresses that a test cannot dial.
var CheckAddr = checkAddr
