package lexical

// A termMap maps terms to values. Most terms are a few bytes long: those are
// looked up as numbers, which takes a third of the time of a string. The zero
// value is empty.
type termMap[V any] struct {
	short map[uint64]V
	long  map[string]V
}

// pack makes a number of a term of up to seven bytes.
func pack(term []byte) (uint64, bool) {
	if len(term) > 7 {
		return 0, false
	}
	x := uint64(len(term))
	for _, b := range term {
		x = x<<8 | uint64(b)
	}
	return x, true
}

func (m *termMap[V]) get(term []byte) (V, bool) {
	if x, ok := pack(term); ok {
		v, ok := m.short[x]
		return v, ok
	}
	v, ok := m.long[string(term)]
	return v, ok
}

func (m *termMap[V]) put(term []byte, v V) {
	if m.short == nil {
		m.short, m.long = make(map[uint64]V), make(map[string]V)
	}
	if x, ok := pack(term); ok {
		m.short[x] = v
		return
	}
	m.long[string(term)] = v
}

func (m *termMap[V]) len() int { return len(m.short) + len(m.long) }
