package config

import (
	"reflect"
	"slices"
	"strings"

	"cairn/adapters"
)

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func cut(s string) (before, after string, found bool) { return strings.Cut(s, ":") }

// fieldByKey returns the field of struct v whose yaml key is key.
func fieldByKey(v reflect.Value, key string) (reflect.Value, bool) {
	for f := range fields(v.Type()) {
		if f.key == key {
			return v.Field(f.index), true
		}
	}
	return reflect.Value{}, false
}

type field struct {
	index int
	key   string // in the file
	env   string // second name in the environment, or ""
	typ   reflect.Type
}

// fields yields the settings of a struct type in order.
func fields(t reflect.Type) func(yield func(field) bool) {
	return func(yield func(field) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if !f.IsExported() || key == "" || key == "-" {
				continue
			}
			if !yield(field{i, key, f.Tag.Get("env"), f.Type}) {
				return
			}
		}
	}
}

// A leaf is a setting that can be set on its own: a plain value or a list.
type leaf struct {
	path string
	env  []string // names in the environment, the strongest last
	v    reflect.Value
}

// leaves lists the settings below the struct v.
func leaves(v reflect.Value, path string) []leaf {
	var out []leaf
	for f := range fields(v.Type()) {
		full, fv := join(path, f.key), v.Field(f.index)
		if fv.Kind() == reflect.Struct && fv.Type() != secretType {
			out = append(out, leaves(fv, full)...)
			continue
		}
		l := leaf{path: full, v: fv}
		if f.env != "" {
			l.env = append(l.env, f.env)
		}
		l.env = append(l.env, envName(full))
		out = append(out, l)
	}
	// A secret's twin is found under the secret's second name as well.
	for i, l := range out {
		secret, ok := strings.CutSuffix(l.path, "_file")
		if !ok {
			continue
		}
		for _, s := range out {
			if s.path == secret && s.v.Type() == secretType && len(s.env) == 2 && len(l.env) == 1 {
				out[i].env = []string{s.env[0] + "_FILE", l.env[0]}
			}
		}
	}
	return out
}

// envName is the CAIRN_ name of a setting.
func envName(path string) string {
	return "CAIRN_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// Keys lists every setting's key, without those inside lists of objects.
func Keys() []string {
	c := Default()
	var out []string
	for _, l := range leaves(reflect.ValueOf(&c).Elem(), "") {
		out = append(out, l.path)
	}
	return out
}

// EnvNames lists the names under which the setting with the key is looked for
// in the environment, the strongest last; nil for an unknown key.
func EnvNames(key string) []string {
	c := Default()
	for _, l := range leaves(reflect.ValueOf(&c).Elem(), "") {
		if l.path == key {
			return l.env
		}
	}
	return nil
}

// didYouMean names the known key nearest to an unknown one: within the same
// struct, else the place elsewhere where exactly this key belongs.
func didYouMean(key, path string, t reflect.Type) adapters.Text {
	var here []string
	for f := range fields(t) {
		here = append(here, f.key)
	}
	if best := nearest(key, here); best != "" {
		return both(", did you mean %s?", "，是不是想写 %s？").With(quote(join(path, best)))
	}
	for _, k := range Keys() {
		if last := k[strings.LastIndexByte(k, '.')+1:]; last == strings.ToLower(key) {
			return both(", did you mean %s?", "，是不是想写 %s？").With(quote(k))
		}
	}
	return both(", known here: %s", "，这里可用的键：%s").With(strings.Join(here, ", "))
}

func quote(s string) string { return `"` + s + `"` }

// nearest returns the candidate that the fewest edits make of key, or "" when
// none is near.
func nearest(key string, candidates []string) string {
	if len(key) > 64 {
		return ""
	}
	fold := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(s))
	}
	best, cost := "", 0
	for _, c := range candidates {
		d := distance([]rune(fold(key)), []rune(fold(c)))
		if limit := max(1, len(fold(c))/3); d <= limit && (best == "" || d < cost) {
			best, cost = c, d
		}
	}
	return best
}

// distance counts insertions, deletions, replacements and swaps of neighbours.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			swap := 1
			if a[i-1] == b[j-1] {
				swap = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+swap)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// serviceLink reports whether name is one of those that Kubernetes sets for a
// service called cairn, such as CAIRN_PORT_8080_TCP_ADDR.
func serviceLink(name string) bool {
	rest, ok := strings.CutPrefix(name, "CAIRN_")
	if !ok {
		return false
	}
	return strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_") ||
		strings.Contains(rest, "_SERVICE_HOST") || strings.Contains(rest, "_SERVICE_PORT") ||
		slices.ContainsFunc([]string{"_TCP", "_UDP"}, func(p string) bool {
			return strings.Contains(rest, "_PORT_") && strings.Contains(rest, p)
		})
}
