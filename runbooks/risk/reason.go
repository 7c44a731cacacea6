package risk

// A Reason is a short key that says what a command does that deserves a
// warning; "" for safe commands.
type Reason string

// The reasons.
const (
	Deletes     Reason = "deletes"     // removes objects or files
	LosesData   Reason = "data"        // removes or overwrites stored data
	Overwrites  Reason = "overwrites"  // empties or replaces a file
	Disk        Reason = "disk"        // writes over a disk or its layout
	Evicts      Reason = "evicts"      // moves running work away
	Stops       Reason = "stops"       // stops or restarts something
	Kills       Reason = "kills"       // ends processes or connections
	Power       Reason = "power"       // reboots or powers off a machine
	Network     Reason = "network"     // changes firewall, routes or interfaces
	Permissions Reason = "permissions" // changes rights or accounts
	History     Reason = "history"     // discards commits or local changes
	Changes     Reason = "changes"     // changes configuration or state
	Heavy       Reason = "heavy"       // loads or blocks what it looks at
	Remote      Reason = "remote"      // runs what it downloads
	Unclear     Reason = "unclear"     // not readable as a command
	Unknown     Reason = "unknown"     // an unknown tool with an alarming word
)

// Text returns the reason in the language ("zh", everything else is English);
// "" for no reason.
func (r Reason) Text(lang string) string {
	zh := lang == "zh"
	pick := func(en, cn string) string {
		if zh {
			return cn
		}
		return en
	}
	switch r {
	case Deletes:
		return pick("deletes objects or files", "会删除资源或文件")
	case LosesData:
		return pick("removes or overwrites stored data", "会清除或覆盖已有数据")
	case Overwrites:
		return pick("empties or replaces a file", "会清空或覆盖文件")
	case Disk:
		return pick("writes over a disk or its layout", "会改写磁盘或分区")
	case Evicts:
		return pick("moves running work away", "会驱逐正在运行的负载")
	case Stops:
		return pick("stops or restarts a service", "会停止或重启服务")
	case Kills:
		return pick("ends processes or connections", "会终止进程或连接")
	case Power:
		return pick("reboots or powers off a machine", "会重启或关闭机器")
	case Network:
		return pick("changes firewall, routes or interfaces", "会改动防火墙、路由或网卡")
	case Permissions:
		return pick("changes rights or accounts", "会改动权限或账号")
	case History:
		return pick("discards commits or local changes", "会丢弃提交或本地改动")
	case Changes:
		return pick("changes configuration or state", "会改动配置或运行状态")
	case Heavy:
		return pick("may load or block the system it looks at", "可能给线上系统带来压力或阻塞")
	case Remote:
		return pick("runs a script it has not shown", "会执行未经查看的脚本")
	case Unclear:
		return pick("could not be read as a command; read it first", "无法按命令解析，请先看清楚再执行")
	case Unknown:
		return pick("its words sound destructive; read it first", "字面上像是破坏性操作，请先确认")
	default:
		return ""
	}
}
