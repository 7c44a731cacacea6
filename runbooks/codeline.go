package runbooks

import (
	"strings"
	"unicode/utf8"
)

// A line of a text without markup is code when it looks like something typed
// into a terminal or an editor. codeScore answers 0 for prose, 1 for what may
// be code beside other code, 2 for what is code on its own.
func codeScore(s string) int {
	if s == "" {
		return 0
	}
	han := hanCount(s)
	bare := s
	comment := ""
	for _, c := range [...]string{" #", " //", "\t#", "\t//"} {
		if i := strings.Index(bare, c); i > 0 {
			bare, comment = strings.TrimRight(bare[:i], " \t"), bare[i:]
		}
	}
	if prompt(s) > 0 {
		return 2
	}
	switch {
	case strings.HasPrefix(s, "#!"):
		return 2
	case strings.HasPrefix(s, "# ") || strings.HasPrefix(s, "#") && han > 0 && !strings.HasPrefix(s, "##"), strings.HasPrefix(s, "// "), strings.HasPrefix(s, "-- "):
		return 1
	}
	if han > 0 && comment != "" && hanCount(bare) == 0 && plainCode(bare) > 0 {
		return 2
	}
	if han*3 > utf8.RuneCountInString(s) {
		return 0
	}
	if han > 0 && hanOutsideQuotes(bare) > 0 {
		// A command explained on its own line: "chkconfig --add x 添加为系统服务".
		if i := strings.IndexFunc(bare, isHan); i > 0 && strings.HasSuffix(bare[:i], " ") && commandLine(strings.TrimSpace(bare[:i])) && !endsSentence(s) {
			return 1
		}
		return 0
	}
	return plainCode(bare)
}

func hanOutsideQuotes(s string) int {
	n := 0
	var quote rune
	for _, r := range s {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case r == '<':
			quote = '>'
		case isHan(r):
			n++
		}
	}
	return n
}

// plainCode scores a line without comments.
func plainCode(s string) int {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0
	}
	if commandLine(s) {
		return 2
	}
	last := s[len(s)-1]
	switch {
	case s == "{" || s == "}" || s == "};" || s == ")" || s == "]" || s == "done" || s == "fi" || s == "esac" || s == "EOF" || s == "do" || s == "then" || s == "else" || s == "...":
		return 1
	case strings.HasPrefix(s, "}") || strings.HasPrefix(s, "</") || strings.HasPrefix(s, "<?xml"):
		return 2
	case strings.HasSuffix(s, " \\") || strings.HasSuffix(s, "{") || strings.HasSuffix(s, "&&") || strings.HasSuffix(s, "||"):
		return 2
	case last == ';' && !strings.Contains(s, ". ") && !sentenceLike(s):
		return 2
	case strings.HasPrefix(s, "while ") || strings.HasPrefix(s, "for ") && strings.Contains(s, " in ") && strings.HasSuffix(s, "do") || strings.HasPrefix(s, "if [") || strings.HasPrefix(s, "[ ") && strings.Contains(s, " ]"), strings.HasSuffix(s, ";do") || strings.HasSuffix(s, "; do") || strings.HasSuffix(s, "; then"):
		return 2
	}
	if name, value, ok := strings.Cut(s, "="); ok && name != "" {
		n := strings.TrimSpace(name)
		if identifier(n) && (n == name || strings.HasPrefix(value, " ") && !sentenceLike(value)) {
			return 2
		}
	}
	if key, value, ok := strings.Cut(s, ":"); ok && identifier(strings.TrimLeft(key, "- \"'")) {
		switch {
		case value == "" && key[0] >= 'a' && key[0] <= 'z':
			return 1
		case strings.HasPrefix(value, " ") && !strings.Contains(strings.TrimSpace(value), " "):
			return 1
		}
	}
	if i := strings.IndexByte(s, '('); i > 0 && identifier(s[:i]) && (last == ')' || last == '(' || last == ',' || last == '<' || last == '>') && !sentenceLike(s) &&
		(strings.Contains(s[:i], ".") || !strings.Contains(s, " ") && strings.Contains(s[i:], ".")) {
		return 2
	}
	if strings.HasPrefix(s, "- ") && identifier(s[2:]) {
		return 0
	}
	return 0
}

// sentenceLike reports several plain words in a row, as prose has them.
func sentenceLike(s string) bool {
	run, best := 0, 0
	for f := range strings.FieldsSeq(s) {
		if plainWord(strings.TrimRight(f, ".,;:!?)")) {
			run++
			best = max(best, run)
			continue
		}
		run = 0
	}
	return best >= 4
}

func plainWord(w string) bool {
	if w == "" {
		return false
	}
	for i := range len(w) {
		c := w[i] | 0x20
		if c < 'a' || c > 'z' {
			return w[i] == '\'' && i > 0
		}
	}
	return true
}

func identifier(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-' || c == '.' || c == '/' || c == '$' || c == '@' ||
			c >= '0' && c <= '9' || c == '[' || c == ']' || c == '*' || c == '"' || c == '\'' {
			continue
		}
		return false
	}
	return true
}

// prompt returns the length of the shell prompt at the head of s, with the
// white space after it; 0 where there is none.
func prompt(s string) int {
	after := func(i int) int {
		j := i
		for j < len(s) && s[j] == ' ' {
			j++
		}
		if j == len(s) {
			return 0
		}
		return j
	}
	switch {
	case strings.HasPrefix(s, "$ "):
		return after(1)
	case strings.HasPrefix(s, "# ") && commandLine(strings.TrimSpace(s[2:])) && !sentenceLike(s[2:]):
		return after(1)
	case strings.HasPrefix(s, "["):
		// [root@host dir]# command
		i := strings.IndexByte(s, ']')
		if i > 0 && i < 64 && i+1 < len(s) && strings.IndexByte(s[:i], '@') > 0 && (s[i+1] == '#' || s[i+1] == '$') {
			return after(i + 2)
		}
	}
	// user@host:~$ command, mysql> command, 127.0.0.1:6379> command
	head := s[:min(len(s), 64)]
	if i := strings.IndexByte(head, '@'); i > 0 && !strings.ContainsAny(head[:i], " \t") {
		if j := strings.IndexAny(head, "$#"); j > i && j+1 < len(s) && s[j+1] == ' ' && !strings.Contains(head[:j], " ") {
			return after(j + 1)
		}
	}
	if i := strings.IndexByte(head, '>'); i > 0 && i+1 < len(s) && s[i+1] == ' ' {
		name, db, _ := strings.Cut(head[:i], " ")
		switch name {
		case "mysql", "MariaDB", "redis", "psql", "sqlite", "mongo", "hive", "sql":
			if db == "" || db[0] == '[' && db[len(db)-1] == ']' || db[0] == '(' && db[len(db)-1] == ')' {
				return after(i + 1)
			}
		default:
			if db == "" && strings.Count(name, ".") == 3 && strings.Contains(name, ":") {
				return after(i + 1)
			}
		}
	}
	for _, p := range [...]string{"postgres=# ", "postgres=> ", "PS C:\\> ", "C:\\> ", "test> ", "switch_root:/# ", "sftp> ", "ftp> "} {
		if strings.HasPrefix(s, p) {
			return after(len(p))
		}
	}
	return 0
}

// commandLine reports that s is a command as typed: a known program with
// arguments that look the part, a path to one, or a statement of a query
// language.
func commandLine(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" || s[0] >= utf8.RuneSelf {
		return false
	}
	fields := strings.Fields(s[:min(len(s), 400)])
	name := fields[0]
	args := fields[1:]
	for len(args) > 0 && (name == "sudo" || name == "nohup" || name == "time" || name == "watch" || name == "env" || name == "exec" || assignment(name)) {
		if strings.HasPrefix(args[0], "-") && len(args) > 1 {
			args = args[1:]
			continue
		}
		name, args = args[0], args[1:]
	}
	if statement(name, args, s) {
		return true
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		if i == len(name)-1 || !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "./") && !strings.HasPrefix(name, "bin/") && !strings.HasPrefix(name, "~/") {
			return false
		}
		return len(args) > 0 && (strings.Contains(name, "bin/") || strings.HasPrefix(name, "./") || strings.HasSuffix(name, ".sh")) && !sentenceLike(s)
	}
	switch programKind(name) {
	case 2: // a name that is no word
		if len(args) == 0 {
			return false
		}
		// "nginx is down" is a sentence, "nginx -t" and "docker ps" are not.
		if endsSentence(s) && !strings.HasSuffix(s, "..") && !strings.HasSuffix(s, " .") && !strings.HasSuffix(s, ";") && !strings.HasSuffix(s, "]") || verbAfter(args[0]) {
			return false
		}
		return shellTokens(args) || !sentenceLike(strings.Join(args, " ")) && (argTokens(args) || subcommands(name) || strings.Trim(args[0], "0123456789") == "" || name == "ps" && strings.HasPrefix(args[0], "aux"))
	case 1: // a name that is an English word as well
		return len(args) > 0 && shellTokens(args) && !endsSentence(s)
	}
	return false
}

// inlineCommand reports that inline code is a whole command. Code marks say
// already that it is no prose, so plain words as arguments are enough; a
// program's name alone is only mentioned, unless it acts by itself.
func inlineCommand(s string) bool {
	s = strings.TrimSpace(s)
	if n := prompt(s); n > 0 {
		s = s[n:]
	}
	if commandLine(s) {
		return true
	}
	fields := strings.Fields(s[:min(len(s), 400)])
	if len(fields) > 1 && (fields[0] == "sudo" || fields[0] == "nohup") {
		fields = fields[1:]
	}
	if len(fields) == 0 {
		return false
	}
	name, args := fields[0], fields[1:]
	if len(args) == 0 {
		switch strings.TrimRight(name, ";") {
		case "reboot", "poweroff", "halt", "FLUSHALL", "FLUSHDB", "flushall", "flushdb", "BGREWRITEAOF", "BGSAVE", "dmesg", "uptime", "lsblk", "vmstat", "iostat", "getenforce":
			return true
		}
		return false
	}
	if verbAfter(args[0]) || endsSentence(s) && !strings.HasSuffix(s, ";") {
		return false
	}
	switch name {
	case "kill", "shutdown", "reboot", "init", "FLUSHALL", "FLUSHDB", "flushall", "flushdb":
		return len(args) <= 4
	case "service":
		switch args[len(args)-1] {
		case "start", "stop", "restart", "reload", "status":
			return len(args) == 2
		}
		return false
	}
	return programKind(name) == 2 && !nounLike(name) && !sentenceLike(strings.Join(args, " "))
}

// nounLike reports programs that texts name as things: "nginx worker".
func nounLike(name string) bool {
	switch name {
	case "nginx", "httpd", "haproxy", "keepalived", "kubelet", "mysql", "mariadb", "mongo", "redis-server", "java", "python", "python3", "jenkins", "squid", "postfix", "hadoop", "hbase",
		"flink", "hive", "nova", "neutron", "cinder", "bash", "sh", "zsh", "gcc", "perf", "bridge", "multipath", "tmux", "vim", "vi", "nano", "jq", "gradle", "ansible", "arthas", "gluster", "k3s", "sudo", "crontab", "nomad", "bc":
		return true
	}
	return false
}

// verbAfter reports words which after a program's name make a sentence.
func verbAfter(w string) bool {
	switch strings.ToLower(w) {
	case "is", "are", "was", "has", "have", "can", "cannot", "will", "does", "do", "and", "or", "with", "in", "on", "for", "to", "uses", "should", "must", "may", "fails", "says", "of", "the", "a", "an", "as", "by", "from", "at", "vs", "that", "which", "also", "not":
		return true
	}
	return false
}

// shellTokens reports arguments that prose does not have.
func shellTokens(args []string) bool {
	for _, a := range args {
		switch {
		case len(a) > 1 && a[0] == '-' && a != "--" && !(a[1] >= '0' && a[1] <= '9' && len(a) > 5):
			return true
		case strings.HasPrefix(a, ">/") || strings.HasPrefix(a, "<<") || a == "|" || a == ">" || a == ">>" || a == "&&" || a == "||" || a == "&" || a == "<" || strings.HasPrefix(a, "2>"):
			return true
		case strings.HasPrefix(a, "/") && len(a) > 1, strings.HasPrefix(a, "~/"), strings.HasPrefix(a, "./"), strings.HasPrefix(a, "$"), strings.Contains(a, "*."), strings.Contains(a, "|"):
			return true
		case strings.HasPrefix(a, "'") || strings.HasPrefix(a, "\"") && len(a) > 1, strings.HasPrefix(a, "<") && strings.HasSuffix(a, ">"):
			return true
		case strings.Contains(a, "=") && !strings.HasPrefix(a, "="):
			return true
		case strings.Count(a, ".") == 3 && strings.Trim(a, "0123456789./:") == "":
			return true
		}
	}
	return false
}

// argTokens reports an argument that is no plain word.
func argTokens(args []string) bool {
	for _, a := range args {
		if strings.ContainsAny(a, "./_$*=<>|&:+@{}[]'\"") {
			return true
		}
	}
	return false
}

// subcommands reports programs that take a plain word as their first argument.
func subcommands(name string) bool {
	switch name {
	case "docker", "docker-compose", "kubectl", "helm", "systemctl", "git", "etcdctl", "crictl", "rabbitmqctl", "ceph", "openstack", "pcs", "supervisorctl", "nerdctl", "podman",
		"istioctl", "kubeadm", "oc", "nmcli", "ip", "yum", "dnf", "apt", "apt-get", "pip", "pip3", "npm", "terraform", "virsh", "chkconfig", "consul", "vault", "cd", "mkdir",
		"ping", "su", "chroot", "arp", "passwd", "rm", "kinit", "zkServer.sh", "minikube", "patronictl", "hdfs", "rados", "gitlab-ctl", "cilium", "calicoctl", "telnet", "dig", "nslookup", "ls", "cp", "mv", "redis-cli", "mysqladmin", "rabbitmq-diagnostics", "pkill", "killall", "swapoff":
		return true
	}
	return false
}

func assignment(w string) bool {
	i := strings.IndexByte(w, '=')
	return i > 0 && identifier(w[:i]) && !strings.ContainsAny(w[:i], "./-*")
}

// statement reports SQL, Redis and Dockerfile lines.
func statement(name string, args []string, s string) bool {
	if len(args) == 0 {
		return false
	}
	second := strings.ToUpper(strings.TrimRight(args[0], ";"))
	semi := strings.HasSuffix(s, ";") || strings.HasSuffix(s, `\G`)
	upper := strings.ToUpper(name) == name
	if !upper && !semi {
		return false
	}
	switch strings.ToUpper(name) {
	case "SELECT":
		return semi || strings.Contains(strings.ToUpper(s), " FROM ") || args[0] == "*" || strings.Contains(s, "(") || strings.Contains(s, "@@")
	case "INSERT":
		return second == "INTO"
	case "UPDATE":
		return strings.Contains(strings.ToUpper(s), " SET ")
	case "DELETE":
		return second == "FROM"
	case "CREATE", "ALTER", "DROP", "TRUNCATE":
		switch second {
		case "TABLE", "DATABASE", "INDEX", "USER", "VIEW", "ROLE", "SYSTEM", "SCHEMA", "UNIQUE", "OR", "SUBSCRIPTION", "PUBLICATION", "EXTENSION":
			return true
		}
	case "SHOW":
		switch second {
		case "SLAVE", "REPLICA", "MASTER", "BINARY", "GLOBAL", "VARIABLES", "STATUS", "PROCESSLIST", "FULL", "ENGINE", "TABLES", "DATABASES", "CREATE", "INDEX", "TABLE", "GRANTS", "BINLOG":
			return true
		}
	case "SET":
		return second == "GLOBAL" || second == "SESSION" || strings.HasPrefix(second, "@@")
	case "CHANGE":
		return second == "MASTER" || second == "REPLICATION"
	case "START", "STOP", "RESET":
		return second == "SLAVE" || second == "REPLICA" || second == "MASTER" || second == "TRANSACTION" || second == "GROUP_REPLICATION"
	case "KILL":
		return strings.Trim(second, "0123456789") == "" || second == "QUERY" || second == "CONNECTION"
	case "EXPLAIN", "ANALYZE", "VACUUM", "REINDEX", "OPTIMIZE", "FLUSH", "GRANT", "REVOKE", "BEGIN", "COMMIT", "ROLLBACK", "PURGE":
		return semi || upper && len(args) < 8 && !sentenceLike(strings.ToLower(s))
	case "CONFIG":
		return second == "SET" || second == "GET" || second == "REWRITE"
	case "INFO", "CLUSTER", "CLIENT", "MEMORY", "SLOWLOG", "SCAN", "KEYS", "DEBUG", "LATENCY", "REPLICAOF", "SLAVEOF", "SENTINEL", "EXPIRE", "TTL", "HGETALL", "BGSAVE":
		return upper && len(args) <= 4 && !endsSentence(s)
	case "FROM":
		return upper && (len(args) == 1 || strings.Contains(strings.ToUpper(s), " AS ")) && (len(args) > 1 || identifier(strings.ReplaceAll(args[0], ":", "")))
	case "CMD", "ENTRYPOINT":
		return upper && (strings.HasPrefix(args[0], "[") || !sentenceLike(s) && !endsSentence(s))
	case "RUN", "COPY", "ADD", "WORKDIR", "EXPOSE", "ENV", "ARG", "VOLUME", "USER", "HEALTHCHECK":
		return upper && (!sentenceLike(s) || programKind(args[0]) == 2) && (!endsSentence(s) || strings.HasSuffix(s, " ."))
	}
	return false
}

// programKind tells programs (2) from programs whose name is a common English
// word (1); 0 is neither.
func programKind(name string) int {
	switch name {
	case "kubectl", "docker", "docker-compose", "crictl", "ctr", "nerdctl", "podman", "kubeadm", "helm", "istioctl", "etcdctl", "etcdutl", "kubelet",
		"minikube", "kustomize", "oc", "k3s", "calicoctl", "cilium", "systemctl", "journalctl", "systemd-analyze", "chkconfig", "crontab", "curl", "wget", "ssh", "scp",
		"rsync", "sftp", "ssh-keygen", "ssh-copy-id", "grep", "egrep", "zgrep", "awk", "gawk", "sed", "xargs", "tee", "uniq", "tar", "gzip", "gunzip", "unzip", "zip", "zcat", "ls", "ll", "cd", "cp", "mv", "rm",
		"mkdir", "rmdir", "chmod", "chown", "chattr", "lsattr", "ln", "df", "du", "lsblk", "blkid", "fdisk", "parted", "mkfs", "mkfs.ext4", "mkfs.xfs", "fsck", "xfs_repair", "resize2fs", "xfs_growfs", "umount", "swapon", "swapoff", "mkswap",
		"pvcreate", "vgcreate", "lvcreate", "lvextend", "vgextend", "pvs", "vgs", "lvs", "ps", "pstree", "pgrep", "pkill", "killall", "htop", "vmstat", "iostat", "iotop", "pidstat", "mpstat", "sar", "dstat",
		"lsof", "fuser", "strace", "ltrace", "gdb", "perf", "dmesg", "sysctl", "ulimit", "nproc", "uname", "hostnamectl", "timedatectl", "chronyc", "ntpdate", "ntpq", "getenforce", "setenforce",
		"ip", "ifconfig", "ss", "netstat", "ping", "traceroute", "tracepath", "mtr", "dig", "nslookup", "arp", "arping", "ethtool", "tcpdump", "nc", "ncat", "telnet", "nmap", "iptables", "ip6tables", "iptables-save", "nft", "ipvsadm", "ipset", "firewall-cmd", "ufw", "conntrack", "nmcli", "brctl", "bridge", "tc", "iperf3",
		"openssl", "certbot", "keytool", "nginx", "apachectl", "httpd", "haproxy", "keepalived", "ab", "wrk", "mysql", "mysqldump", "mysqladmin", "mysqlbinlog", "mysqlslap", "mariadb", "pt-query-digest", "pt-table-checksum", "xtrabackup",
		"innobackupex", "psql", "pg_dump", "pg_basebackup", "pg_ctl", "pg_isready", "patronictl", "pgbench", "createdb", "redis-cli", "redis-server", "redis-benchmark", "redis-check-aof", "redis-check-rdb", "mongo", "mongosh", "mongodump", "sqlite3",
		"rabbitmqctl", "rabbitmq-diagnostics", "rabbitmq-plugins", "rabbitmq-queues", "kafka-topics.sh", "kafka-consumer-groups.sh", "kafka-console-consumer.sh", "kafka-console-producer.sh", "kafka-configs.sh", "kafka-reassign-partitions.sh", "kafka-leader-election.sh", "zkServer.sh", "zkCli.sh", "mqadmin", "promtool", "amtool", "zabbix_get", "zabbix_sender",
		"ansible", "ansible-playbook", "ansible-galaxy", "terraform", "git", "svn", "jenkins", "gitlab-runner", "gitlab-ctl", "mvn", "gradle", "npm", "yarn", "npx", "pip", "pip3", "python", "python3", "java", "javac", "jps", "jstack", "jmap", "jstat", "jcmd", "jinfo", "arthas", "gcc", "yum", "dnf", "apt", "apt-get", "apt-cache", "dpkg", "rpm", "apk",
		"useradd", "usermod", "userdel", "groupadd", "passwd", "visudo", "su", "sudo", "chroot", "grub2-mkconfig", "grub2-install", "dracut", "lsmod", "modprobe", "rmmod", "lspci", "lsusb", "dmidecode", "smartctl", "hdparm", "dd", "ceph", "rados", "rbd", "radosgw-admin", "mc", "gluster", "showmount", "exportfs", "rpcinfo", "nfsstat", "multipath",
		"hdfs", "hadoop", "yarn-daemon.sh", "beeline", "spark-submit", "flink", "hbase", "openstack", "virsh", "qemu-img", "nova", "neutron", "cinder", "supervisorctl", "lsyncd", "squid", "varnishadm", "varnishlog", "postqueue", "postfix", "pcs", "crm", "drbdadm", "lvscan", "consul", "vault", "nomad", "nsenter", "unshare", "setfacl", "getfacl", "md5sum", "sha256sum", "base64", "jq", "yq", "nohup", "tmux", "vim", "vi", "nano", "bash", "sh", "zsh", "seq", "mktemp", "logrotate", "kinit", "klist", "aws", "gcloud", "az", "aliyun":
		return 2
	case "find", "sort", "cat", "top", "watch", "test", "make", "kill", "time", "host", "which", "who", "last", "head", "tail", "cut", "join", "split", "date", "free", "less", "more", "echo", "export", "source", "service", "mount",
		"sync", "reboot", "shutdown", "init", "file", "touch", "read", "wait", "sleep", "route", "at", "set", "unset", "alias", "printf", "trap", "eval", "exec", "patch", "diff", "stat", "env", "nice", "paste", "tr", "wc", "bc", "whoami", "id", "hostname", "uptime", "go", "node", "man", "type", "history", "truncate", "timeout", "column", "watchdog", "go-fuzz", "expect", "ntsysv", "link":
		return 1
	}
	return 0
}

// realLanguage reports a fence's info string that names a language to execute
// or to configure with, so that the fence surely is no prose.
func realLanguage(lang string) bool {
	switch strings.ToLower(lang) {
	case "", "text", "txt", "plain", "plaintext", "md", "markdown", "none", "note", "tip":
		return false
	}
	return true
}

// proseFence reports that a code fence holds text for people. Its lines are
// sentences rather than code, in a language of people.
func proseFence(lang, code string) bool {
	if realLanguage(lang) {
		return false
	}
	lines, prose, codeLines := 0, 0, 0
	han, runes := 0, 0
	for l := range strings.Lines(code) {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		lines++
		h, n := hanCount(l), utf8.RuneCountInString(l)
		han, runes = han+h, runes+n
		switch {
		case codeScore(l) == 2:
			codeLines++
		case h >= 4 && h*3 >= n, h == 0 && sentenceLike(l) && (endsSentence(l) || parseMark(l).style != noMark) && l[0] != '#':
			prose++
		}
		if lines >= 400 {
			break
		}
	}
	if lines == 0 || codeLines*2 > lines {
		return false
	}
	if han*4 >= runes && prose*2 >= lines {
		return true
	}
	return han == 0 && prose*3 >= lines*2
}
