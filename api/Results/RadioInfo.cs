namespace QuicProChat.Mesh.Api;

/// <summary>A radio: how it is set, how its modem stands and why, and what it may still send in this hour.</summary>
/// <param name="Device">The serial device.</param>
/// <param name="Modem">The kind of modem.</param>
/// <param name="State"><c>closed</c>, <c>starting</c>, <c>online</c> or <c>lost</c>.</param>
/// <param name="Why">Why it is in that state.</param>
/// <param name="FrequencyHz">The middle of the channel.</param>
/// <param name="BandwidthHz">The width of the channel.</param>
/// <param name="SpreadingFactor">7 to 12.</param>
/// <param name="CodingRate">5 to 8, for 4/5 to 4/8.</param>
/// <param name="PowerDbm">Power at the antenna's plug.</param>
/// <param name="Region">Whose rules hold.</param>
/// <param name="Band">The band within the region.</param>
/// <param name="WindowSeconds">The time over which airtime is counted.</param>
/// <param name="BudgetSeconds">What the law allows in it.</param>
/// <param name="Airtime">What each class of traffic used and has left.</param>
/// <param name="Queued">Frames that wait for airtime.</param>
/// <param name="NoiseDbm">The noise floor; null where the modem does not tell.</param>
/// <param name="Counters">What was counted since the start.</param>
/// <param name="Neighbours">Stations that proved who they are.</param>
public sealed record RadioInfo(
    string Device, string Modem, string State, string Why, long FrequencyHz, int BandwidthHz, int SpreadingFactor,
    int CodingRate, int PowerDbm, string Region, string Band, double WindowSeconds, double BudgetSeconds,
    IReadOnlyList<AirtimeInfo> Airtime, int Queued, int? NoiseDbm, RadioCounts Counters,
    IReadOnlyList<RadioNeighbourInfo> Neighbours);

/// <summary>Airtime of one class of traffic in the sliding window.</summary>
/// <param name="Class">The class.</param>
/// <param name="UsedSeconds">Used in the window.</param>
/// <param name="LeftSeconds">What it would still be granted now.</param>
public sealed record AirtimeInfo(string Class, double UsedSeconds, double LeftSeconds);

/// <summary>
/// What driver and adaptation layer counted since the start: docs/reference/control.md says what each is.
/// </summary>
public sealed record RadioCounts(
    long FramesSent, long BytesSent, long Data, long Acknowledgements, long Broadcasts, long Discovery,
    long FramesReceived,
    long Overheard, long Duplicates, long BadChecks, long BadFrames, long BadItems, long Deferred, long Expired,
    long Spared,
    long SendFailures, long BusyRetries, long GarbageBytes, long ModemErrors, long Resets, long Losses, long Replays,
    long Unproven, long Unpaid, long Sessions, long Displaced, double StrangersSeconds);

/// <summary>A station that proved who it is.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Name">What it announces.</param>
/// <param name="Up">There is a link to it.</param>
/// <param name="RssiDbm">How strong its last frame was; null where the modem does not tell.</param>
/// <param name="SnrDb">How far that was above the noise; null where the modem does not tell.</param>
/// <param name="SilentSeconds">Since its last frame.</param>
/// <param name="RoundTripMs">The estimated round trip.</param>
/// <param name="FramesReceived">Frames from it.</param>
/// <param name="FramesSent">Frames to it.</param>
/// <param name="Repeats">Frames that were sent again.</param>
/// <param name="GivenUp">Frames that were given up.</param>
/// <param name="Queued">Frames for it that wait.</param>
public sealed record RadioNeighbourInfo(
    string Address, string Name, bool Up, int? RssiDbm, double? SnrDb, double SilentSeconds, double RoundTripMs,
    long FramesReceived, long FramesSent, long Repeats, long GivenUp, int Queued);
