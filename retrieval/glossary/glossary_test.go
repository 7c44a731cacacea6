package glossary

import "testing"

func TestDefaultIsClean(t *testing.T) {
	t.Parallel()
	for _, p := range Default().Lint() {
		t.Error(p)
	}
}
