package risk

import "strings"

// isRedisVerb reports whether the word is a Redis command that is worth a
// judgement and no shell program in upper case.
func isRedisVerb(word string) bool {
	switch strings.ToUpper(word) {
	case "FLUSHALL", "FLUSHDB", "SHUTDOWN", "DEL", "UNLINK", "CONFIG", "KEYS", "MONITOR", "SAVE", "BGSAVE", "BGREWRITEAOF",
		"SLAVEOF", "REPLICAOF", "CLUSTER", "CLIENT", "DEBUG", "SCRIPT", "SET", "HDEL", "LTRIM", "XTRIM", "RENAME", "EXPIRE",
		"FAILOVER", "MIGRATE", "SWAPDB", "HGETALL", "SMEMBERS", "EVAL", "RESTORE", "SENTINEL", "MEMORY", "ACL", "SPOP", "ZREM", "SREM", "XDEL", "XGROUP", "PERSIST", "MSET", "HSET", "LPUSH", "RPUSH", "SADD", "ZADD", "GETDEL":
		return true
	}
	return false
}

// classifyRedisLines judges one command per line.
func classifyRedisLines(f *finding, text string) {
	for line := range strings.Lines(text) {
		args := strings.Fields(line)
		if len(args) == 0 || strings.HasPrefix(args[0], "#") {
			continue
		}
		if i := strings.IndexByte(args[0], '>'); i > 0 { // 127.0.0.1:6379> …
			if args[0] = args[0][i+1:]; args[0] == "" {
				args = args[1:]
			}
		}
		if len(args) > 0 && strings.HasPrefix(args[0], "redis-cli") {
			parseShell(f, line, maxDepth-1)
			continue
		}
		classifyRedis(f, args)
	}
}

func classifyRedis(f *finding, args []string) {
	if len(args) == 0 {
		return
	}
	sub := ""
	if len(args) > 1 {
		sub = strings.ToUpper(args[1])
	}
	switch strings.ToUpper(strings.Trim(args[0], `"'`)) {
	case "FLUSHALL", "FLUSHDB", "DEL", "UNLINK", "GETDEL", "XDEL", "XTRIM", "LTRIM", "SPOP":
		f.add(Destructive, LosesData)
	case "SHUTDOWN":
		f.add(Destructive, Stops)
	case "SLAVEOF", "REPLICAOF":
		if sub == "NO" {
			f.add(Caution, Changes)
		} else {
			f.add(Destructive, LosesData) // the new replica drops what it holds
		}
	case "DEBUG":
		if sub != "OBJECT" && sub != "JMAP" {
			f.add(Destructive, Stops)
		}
	case "CLUSTER":
		switch sub {
		case "RESET", "FLUSHSLOTS", "DELSLOTS", "DELSLOTSRANGE":
			f.add(Destructive, LosesData)
		case "FORGET", "FAILOVER", "MEET", "REPLICATE", "ADDSLOTS", "SETSLOT", "ADDSLOTSRANGE", "BUMPEPOCH", "SET-CONFIG-EPOCH":
			f.add(Caution, Changes)
		}
	case "CONFIG":
		if sub == "SET" || sub == "REWRITE" || sub == "RESETSTAT" {
			f.add(Caution, Changes)
		}
	case "CLIENT":
		if sub == "KILL" || sub == "PAUSE" {
			f.add(Caution, Kills)
		}
	case "SCRIPT", "FUNCTION":
		if sub == "FLUSH" || sub == "KILL" || sub == "DELETE" {
			f.add(Caution, Changes)
		}
	case "SENTINEL":
		switch sub {
		case "FAILOVER", "REMOVE", "RESET", "SET", "MONITOR":
			f.add(Caution, Changes)
		}
	case "ACL":
		if sub == "SETUSER" || sub == "DELUSER" || sub == "LOAD" {
			f.add(Caution, Permissions)
		}
	case "MEMORY":
		if sub == "PURGE" {
			f.add(Caution, Heavy)
		}
	case "KEYS", "MONITOR", "SAVE", "BGREWRITEAOF", "HGETALL", "SMEMBERS", "EVAL", "BGSAVE":
		f.add(Caution, Heavy)
	case "SET", "MSET", "HSET", "HDEL", "SREM", "ZREM", "RENAME", "EXPIRE", "PEXPIRE", "EXPIREAT", "PERSIST", "FAILOVER", "MIGRATE", "SWAPDB", "RESTORE", "XGROUP", "LPOP", "RPOP", "LPUSH", "RPUSH", "SADD", "ZADD", "INCR", "DECR", "LREM":
		f.add(Caution, Changes)
	}
}
