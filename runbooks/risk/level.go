package risk

// A Level says how dangerous a command is.
type Level string

// The levels, mildest first.
const (
	Safe        Level = "safe"
	Caution     Level = "caution"
	Destructive Level = "destructive"
)

// Max returns the more dangerous of two levels.
func Max(a, b Level) Level {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

func rank(l Level) int {
	switch l {
	case Destructive:
		return 2
	case Caution:
		return 1
	default:
		return 0
	}
}
