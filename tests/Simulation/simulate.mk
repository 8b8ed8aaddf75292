# Included by the Makefile: one run of the simulator.
#   make simulate TOPOLOGY=file|line:50|grid:49|tree:1000|geometric:50/150
#        [LOSS=tq] [TCP=thin|plain|capped] [ROUTES=ask] [MOBILITY=metres] [CHURN=percent] [LIAR=nodes] [SEED=n] [DURATION=s] [JSON=file] [SVG=file]
.PHONY: simulate
simulate:
	@test -n "$(TOPOLOGY)" || { echo "say which: make simulate TOPOLOGY=line:50 (or grid:49, tree:1000, geometric:50/150, a file)"; exit 2; }
	@dotnet build -c Release -v q --nologo tests/Simulation
	@dotnet run -c Release --no-build --project tests/Simulation -- "$(TOPOLOGY)" $(if $(LOSS),--loss $(LOSS)) $(if $(TCP),--tcp $(TCP)) $(if $(ROUTES),--routes $(ROUTES)) \
		$(if $(MOBILITY),--mobility $(MOBILITY)) $(if $(CHURN),--churn $(CHURN)) $(if $(LIAR),--liar $(LIAR)) \
		$(if $(CLAIM),--claim $(CLAIM)) $(if $(CARRIER),--carrier $(CARRIER)) $(if $(SEED),--seed $(SEED)) $(if $(DURATION),--duration $(DURATION)) $(if $(MESSAGES),--messages $(MESSAGES)) \
		$(if $(JSON),--json "$(JSON)") $(if $(SVG),--svg "$(SVG)")

#   make simulate-appointments TOPOLOGY=shared/topologies/freifunk-leipzig.json [DAYS=14] [SEED=1]
.PHONY: simulate-appointments
simulate-appointments:
	@test -n "$(TOPOLOGY)" || { echo "say which: make simulate-appointments TOPOLOGY=file (or grid:49)"; exit 2; }
	@dotnet build -c Release -v q --nologo tests/Simulation
	@dotnet run -c Release --no-build --project tests/Simulation -- appointments "$(TOPOLOGY)" $(or $(DAYS),14) $(or $(SEED),1)

#   make simulate-bundles TOPOLOGY=shared/topologies/freifunk-leipzig.json [SEED=1]: texts of groups, as copies and in bundles
.PHONY: simulate-bundles
simulate-bundles:
	@test -n "$(TOPOLOGY)" || { echo "say which: make simulate-bundles TOPOLOGY=file (or grid:100)"; exit 2; }
	@dotnet build -c Release -v q --nologo tests/Simulation
	@dotnet run -c Release --no-build --project tests/Simulation -- bundles "$(TOPOLOGY)" $(or $(SEED),1)
