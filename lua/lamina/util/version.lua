--- The version of lamina, by the rules of semver.org.
return "0.1.0"
