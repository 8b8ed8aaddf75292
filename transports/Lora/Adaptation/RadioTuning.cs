namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Tuning of the adaptation layer: none of it is agreed between stations, all of it arbitrary within reason.
/// </summary>
internal static class RadioTuning
{
    /// <summary>Largest frame of the router: with fragments of 100 bytes still below 256 pieces.</summary>
    internal const int Mtu = 16_000;

    /// <summary>Most stations remembered.</summary>
    internal const int MaxNeighbours = 64;

    /// <summary>
    /// Acknowledgements that show a frame missing before it is given up: others get through, this one never does.
    /// </summary>
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

    /// <summary>
    /// Longest round trip that is believed, in multiples of the shortest wait for an acknowledgement.
    /// </summary>
    internal const int RoundTripLimit = 8;

    /// <summary>
    /// A frame whose acknowledgement is late is repeated within this many times its airtime, at random.
    /// </summary>
    internal const int RepeatSpread = 3;

    /// <summary>Broadcasts are spread over this many times their airtime.</summary>
    internal const int FloodSpread = 30;

    /// <summary>Bytes that broadcasts may take which wait.</summary>
    internal const int BroadcastBytes = 64 << 10;

    /// <summary>
    /// Seconds for which frames to others may keep this station silent at once; half of the time after that.
    /// </summary>
    internal const double QuietBurst = 15;

    /// <summary>
    /// Acknowledgements at once for frames that came before, of one neighbour, and how many a second after that.
    /// </summary>
    internal const int DuplicateBurst = 20;

    /// <summary>See <see cref="DuplicateBurst"/>.</summary>
    internal const double DuplicatesPerSecond = 0.5;

    /// <summary>How long the modem may be away before its neighbours count as down.</summary>
    internal static readonly TimeSpan OfflinePatience = TimeSpan.FromSeconds(45);

    /// <summary>Part of the duty budget that beacons may use, in thousandths.</summary>
    internal const int BeaconShare = 5;

    /// <summary>Beacons are never closer than this, however fast the radio.</summary>
    internal static readonly TimeSpan ShortestBeaconInterval = TimeSpan.FromMinutes(5);

    /// <summary>Shortest time from when the radio came on to the first call, and how much longer it may take.</summary>
    internal static readonly TimeSpan FirstCall = TimeSpan.FromMilliseconds(200),
        FirstCallSpread = TimeSpan.FromSeconds(3);

    /// <summary>Shortest wait between two calls, and the same in multiples of their airtime.</summary>
    internal static readonly TimeSpan ShortestCallInterval = TimeSpan.FromSeconds(10);

    /// <summary>See <see cref="ShortestCallInterval"/>.</summary>
    internal const int CallUnits = 30;

    /// <summary>Calls after the start, whoever is there already: the first may be lost.</summary>
    internal const int CallsAtLeast = 2;

    /// <summary>The wait between calls doubles so often.</summary>
    internal const int CallDoublings = 9;

    /// <summary>Greetings of one station before it is left alone.</summary>
    internal const int MaxGreetings = 5;

    /// <summary>Waits after a greeting in multiples of the shortest, by how many were sent.</summary>
    internal static readonly int[] GreetingBackOff = [1, 2, 4, 8, 8];

    /// <summary>A station that heard our call this long ago is believed to know our key.</summary>
    internal static readonly TimeSpan KeyRemembered = TimeSpan.FromSeconds(30);

    /// <summary>Stations on the way to a session, beside those that proved themselves before.</summary>
    internal const int MaxStrangers = 32;

    /// <summary>Frames of discovery that are remembered, so that they are not answered twice.</summary>
    internal const int MaxReplays = 512;

    /// <summary>Share of the airtime that may be spent on what proves nothing: a third for each purse.</summary>
    internal const double StrangerShare = 0.06;

    /// <summary>Greetings at once, from each purse.</summary>
    internal const int StrangerBurst = 12;

    /// <summary>Greetings at once because of one id, and the time in which one more is allowed.</summary>
    internal const int IdBurst = 4;

    /// <summary>See <see cref="IdBurst"/>.</summary>
    internal static readonly TimeSpan IdInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Key agreements at once because of strangers, and how many a second after that; of known names as many.
    /// </summary>
    internal const int AgreementBurst = 32;

    /// <summary>See <see cref="AgreementBurst"/>.</summary>
    internal const double AgreementsPerSecond = 1;

    /// <summary>A neighbour that has been one for so long keeps its place before newcomers.</summary>
    internal static readonly TimeSpan SeniorAfter = TimeSpan.FromMinutes(15);

    /// <summary>Bytes of items in pieces, of all neighbours together.</summary>
    internal const int ReassemblyBytes = 256 << 10;

    /// <summary>
    /// Overdue acknowledgements in a row after which a neighbour in doubt is greeted anew, and any other.
    /// </summary>
    internal const int DoubtedTimeouts = 2, UndoubtedTimeouts = 6;

    /// <summary>A session in which nothing was heard for so long, and whose neighbour is down, is forgotten.</summary>
    internal static readonly TimeSpan SessionPatience = TimeSpan.FromHours(1);

    /// <summary>A neighbour is probed after so many beacon intervals of silence.</summary>
    internal const double SilentIntervals = 2.5;
}
