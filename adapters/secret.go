package adapters

import (
	"encoding/json"
	"log/slog"
)

// A Secret is a token or key. It prints as "[redacted]" in every format and in
// every log; [Secret.Reveal] gives the value. JSON holds the value, since
// events with reply tokens are stored; configuration dumps must not marshal
// secrets.
type Secret struct {
	value string
}

const redacted = "[redacted]"

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the value. Call it only where the value goes to the platform
// it belongs to.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.value == "" }

// String hides the value.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return redacted
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return "adapters.Secret(" + s.String() + ")" }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON writes the value: see the type's comment.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.value) }

// UnmarshalJSON reads the value.
func (s *Secret) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &s.value) }

// MarshalYAML hides the value: configuration is printed, never written back.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// UnmarshalText reads the value from configuration.
func (s *Secret) UnmarshalText(b []byte) error {
	s.value = string(b)
	return nil
}
