package httpx

// The RateReserve option of drivers: the percentage of each rate limit of an account that is left to other
// programs. The option 0 stands for [DefaultReserve], so that none at all is [NoReserve]; in the setting of a
// connection, which says what its default is, 0 is none.
const (
	DefaultReserve = 10
	NoReserve      = -1
	MaxReserve     = 90
)

// ReserveShare returns the Options.Reserve of a RateReserve option. ok is false if it is out of range.
func ReserveShare(option int) (share float64, ok bool) {
	switch {
	case option == NoReserve:
		option = 0
	case option == 0:
		option = DefaultReserve
	}
	return float64(option) / 100, 0 <= option && option <= MaxReserve
}

// ReserveSetting returns the setting that says the same as a RateReserve option.
func ReserveSetting(option int) int {
	switch option {
	case NoReserve:
		return 0
	case 0:
		return DefaultReserve
	}
	return option
}

// ReserveOption returns the RateReserve option that says the same as a setting; one out of range stays out of it.
func ReserveOption(setting int64) int {
	switch {
	case setting == 0:
		return NoReserve
	case setting < 0 || setting > MaxReserve:
		return MaxReserve + 1
	}
	return int(setting)
}
