package risk

import "strings"

// classifyMongo judges a mongosh script by the methods it calls.
func classifyMongo(f *finding, text string) {
	flat := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' {
			return -1
		}
		return r
	}, strings.ToLower(text))
	for _, m := range []string{
		".drop(", ".dropdatabase(", ".dropindexes(", ".dropuser(", ".dropallusersfromdatabase(", ".deletemany(", ".deleteone(", ".remove(",
		".findoneanddelete(", ".shutdownserver(", ".removeshard(", "dropdatabase:", "shutdown:1", `"shutdown":1`, "drop:",
	} {
		if strings.Contains(flat, m) {
			if strings.Contains(m, "shutdown") {
				f.add(Destructive, Stops)
			} else {
				f.add(Destructive, LosesData)
			}
		}
	}
	for _, m := range []string{
		".update(", ".updateone(", ".updatemany(", ".replaceone(", ".insert(", ".insertone(", ".insertmany(", ".bulkwrite(", ".save(",
		".renamecollection(", ".createindex(", ".dropindex(", ".createuser(", ".updateuser(", ".grantrolestouser(", "rs.stepdown(", "rs.reconfig(",
		"rs.add(", "rs.remove(", "rs.initiate(", "rs.freeze(", ".stepdown(", ".killop(", "sh.", ".fsynclock(", ".fsyncunlock(", ".setprofilinglevel(", ".resizeoplog(", "setparameter:", "compact:", ".findandmodify(", ".movechunk(", ".enablesharding(",
	} {
		if strings.Contains(flat, m) && m != "sh." {
			if m == ".killop(" {
				f.add(Caution, Kills)
			} else {
				f.add(Caution, Changes)
			}
		}
	}
}
