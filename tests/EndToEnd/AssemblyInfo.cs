// Two cores, real processes: one scenario at a time keeps their timing honest.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
