// Package config reads Cairn's configuration: one strict YAML file, the
// environment, and flags, in rising order of precedence.
//
// # How data enters and leaves
//
// [Load] takes the file's path, the environment as a list of NAME=value and
// the flags as [Setting] values, and returns a validated [Config] with every
// default filled in. A setting's key is its path in the file joined by dots
// ("llm.base_url"); in the environment it is CAIRN_ and the same path in upper
// case (CAIRN_LLM_BASE_URL). Lists of plain values are comma-separated there
// and lists of objects are JSON. A few settings also have the name that the
// rest of the world knows them by, such as SLACK_BOT_TOKEN; the CAIRN_ name
// wins where both are set.
//
// The file is strict: an unknown key is an error that names the file, the
// line, the key and the nearest known key. YAML aliases and merge keys are
// refused.
//
// Every secret X has a twin X_file, in the file and in the environment, that
// names a file holding the value. Setting both at one level is an error; a
// higher level replaces both of a lower one.
//
// # Adding an adapter
//
// An adapter's settings are one struct and one field of Config. Field types
// may be string, bool, int, float64, [time.Duration], []string,
// [adapters.Secret], a struct, or a list of structs; a test then wants the new
// keys in cairn.example.yaml.
//
// # Concurrency
//
// A Config is plain data. Nothing here is shared or global.
package config
