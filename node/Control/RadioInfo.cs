namespace QuicProChat.Mesh.Node.Control;

/// <summary>A radio: how it is set, how its modem stands and why, and what it may still send in this hour.</summary>
internal sealed record RadioInfo(
    string Device, string Modem, string State, string Why, long FrequencyHz, int BandwidthHz, int SpreadingFactor, int CodingRate,
    int PowerDbm, string Region, string Band, double WindowSeconds, double BudgetSeconds, IReadOnlyList<AirtimeInfo> Airtime,
    int Queued, int? NoiseDbm, RadioCounts Counters, IReadOnlyList<RadioNeighbourInfo> Neighbours);

/// <summary>Airtime of one class of traffic in the sliding window.</summary>
internal sealed record AirtimeInfo(string Class, double UsedSeconds, double LeftSeconds);

/// <summary>What driver and adaptation layer counted since the start.</summary>
internal sealed record RadioCounts(
    long FramesSent, long BytesSent, long Data, long Acknowledgements, long Broadcasts, long Discovery, long FramesReceived,
    long Overheard, long Duplicates, long BadChecks, long BadFrames, long BadItems, long Deferred, long Expired, long Spared, long SendFailures,
    long BusyRetries, long GarbageBytes, long ModemErrors, long Resets, long Losses);

/// <summary>A station that proved who it is; <c>up</c>: there is a link to it.</summary>
internal sealed record RadioNeighbourInfo(
    string Address, string Name, bool Up, int? RssiDbm, double? SnrDb, double SilentSeconds, double RoundTripMs, long FramesReceived,
    long FramesSent, long Repeats, long GivenUp, int Queued);
