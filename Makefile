# Every target is a script of the same work; a machine without make runs scripts/NAME instead.
.PHONY: run test bench lint clean crash fuzz

run test bench lint clean:
	@scripts/$@

crash: # the long campaigns of kill -9, at every step of a commit too, of recovery, power loss, databases and instances
	@scripts/acceptance --long crash power steps recover postgres standby stream control deployment

fuzz: # ten minutes of hostile bytes for each parser of foreign bytes
	@scripts/fuzz 600
