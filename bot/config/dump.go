package config

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"cairn/adapters"
)

// Dump writes the configuration as YAML with secrets as "[redacted]" and, as a
// comment, where each setting came from. What it writes parses again.
func (c *Config) Dump(w io.Writer) error {
	node := c.node(reflect.ValueOf(c).Elem(), "")
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(node); err != nil {
		return both("writing the configuration: %v", "写出配置失败：%v").Err(err)
	}
	return enc.Close()
}

func (c *Config) node(v reflect.Value, path string) *yaml.Node {
	scalar := func(tag, s string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
	}
	switch {
	case v.Type() == secretType:
		return scalar("!!str", v.Interface().(adapters.Secret).String())
	case v.Type() == durationType:
		return scalar("!!str", showDuration(time.Duration(v.Int())))
	case v.Kind() == reflect.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for f := range fields(v.Type()) {
			full := join(path, f.key)
			val := c.node(v.Field(f.index), full)
			if o := c.origins[full]; o != "" && val.Kind == yaml.ScalarNode {
				val.LineComment = "from " + strings.ReplaceAll(o, "\n", " ")
			}
			n.Content = append(n.Content, scalar("!!str", f.key), val)
		}
		return n
	case v.Kind() == reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if v.Len() == 0 {
			n.Style = yaml.FlowStyle
		}
		for i := range v.Len() {
			n.Content = append(n.Content, c.node(v.Index(i), fmt.Sprintf("%s[%d]", path, i)))
		}
		return n
	case v.Kind() == reflect.Bool:
		return scalar("!!bool", strconv.FormatBool(v.Bool()))
	case v.Kind() == reflect.Int:
		return scalar("!!int", strconv.FormatInt(v.Int(), 10))
	case v.Kind() == reflect.Float64:
		return scalar("!!float", strconv.FormatFloat(v.Float(), 'g', -1, 64))
	}
	return scalar("!!str", redactURL(v.String()))
}

// redactURL takes a password and a query out of an address; both are where
// people put tokens.
func redactURL(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.User == nil && u.RawQuery == "" {
		return s
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// showDuration writes days as days and drops zero units.
func showDuration(d time.Duration) string {
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
