namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>Tuning of the adaptation layer: none of it is agreed between stations, all of it arbitrary within reason.</summary>
internal static class RadioTuning
{
    /// <summary>Largest frame of the router: with fragments of 100 bytes still below 256 pieces.</summary>
    internal const int Mtu = 16_000;

    /// <summary>Most stations remembered.</summary>
    internal const int MaxNeighbours = 64;

    /// <summary>Acknowledgements that show a frame missing before it is given up: others get through, this one never does.</summary>
    internal const int MaxMisses = 10;

    /// <summary>Overdue acknowledgements in a row after which a neighbour is down.</summary>
    internal const int MaxTimeouts = 14;

    /// <summary>Overdue acknowledgements in a row after which a neighbour that is not up is left alone.</summary>
    internal const int MaxProbes = 5;

    /// <summary>Waits for an acknowledgement in multiples of the shortest, by overdue ones in a row.</summary>
    internal static readonly int[] BackOff = [1, 1, 1, 2, 3, 5, 8, 13, 21, 32];

    /// <summary>Longest run without listening: an emergency waits at most this long.</summary>
    internal static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(4);

    /// <summary>How long an acknowledgement waits for the router's custody answer, to save a frame.</summary>
    internal static readonly TimeSpan CustodyWait = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest round trip that is believed, in multiples of the shortest wait for an acknowledgement.</summary>
    internal const int RoundTripLimit = 8;

    /// <summary>A frame whose acknowledgement is late is repeated within this many times its airtime, at random.</summary>
    internal const int RepeatSpread = 3;

    /// <summary>Broadcasts are spread over this many times their airtime.</summary>
    internal const int FloodSpread = 30;

    /// <summary>How long the modem may be away before its neighbours count as down.</summary>
    internal static readonly TimeSpan OfflinePatience = TimeSpan.FromSeconds(45);

    /// <summary>Part of the duty budget that beacons may use, in thousandths.</summary>
    internal const int BeaconShare = 5;

    /// <summary>Beacons are never closer than this, however fast the radio.</summary>
    internal static readonly TimeSpan ShortestBeaconInterval = TimeSpan.FromMinutes(5);

    /// <summary>Identities and questions for them are never closer than this.</summary>
    internal static readonly TimeSpan IdentityInterval = TimeSpan.FromSeconds(20);

    /// <summary>A neighbour is probed after so many beacon intervals of silence.</summary>
    internal const double SilentIntervals = 2.5;
}
