package mask

import (
	"strings"
	"testing"
)

// A model's text keeps the placeholders that it was given, and loses what it
// was not shown.
func TestMaskWritten(t *testing.T) {
	t.Parallel()
	m := New()
	for _, secret := range []string{"account id: 439182736450", "password=48151623", "mail to ann@corp.example", "mysql -uroot -pSn0wfall"} {
		masked := m.Mask(secret)
		if got := m.MaskWritten(masked); got != masked {
			t.Errorf("%q becomes %q", masked, got)
		}
		if got := m.Restore(m.MaskWritten("It says " + masked + ".")); got != "It says "+secret+"." {
			t.Errorf("%q comes back as %q", secret, got)
		}
	}
	for _, text := range []string{"password=An0ther! and MASKED_PASSWORD_99_abcdefgh", "MASKED_TOKEN_1_zzzzzzzz"} {
		if got := m.MaskWritten(text); got == text || strings.Contains(got, "An0ther!") {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	if got := m.MaskWritten(""); got != "" {
		t.Errorf("nothing becomes %q", got)
	}
}
