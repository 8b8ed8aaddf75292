using System.Globalization;

namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>What became of a run.</summary>
public sealed record AppointmentFigures
{
    /// <summary>Nodes of the graph.</summary>
    public int Nodes { get; init; }

    /// <summary>Practices.</summary>
    public int Practices { get; init; }

    /// <summary>Patients.</summary>
    public int Patients { get; init; }

    /// <summary>Days of simulated time.</summary>
    public double Days { get; init; }

    /// <summary>Slots that patients asked for.</summary>
    public int Reservations { get; init; }

    /// <summary>Of those, without any answer at the end.</summary>
    public int Unanswered { get; init; }

    /// <summary>Requests that reached their practice.</summary>
    public int Requests { get; init; }

    /// <summary>Bookings made.</summary>
    public int Bookings { get; init; }

    /// <summary>Appointments that took place.</summary>
    public int Kept { get; init; }

    /// <summary>Slots that two had at once.</summary>
    public int BookedTwice { get; init; }

    /// <summary>Bookings that were lost.</summary>
    public int BookingsLost { get; init; }

    /// <summary>Answers that a patient read and no practice gave.</summary>
    public int Untrue { get; init; }

    /// <summary>Reservations whose state is not the practice's at the end, although an honest way led there.</summary>
    public int StaleAtEnd { get; init; }

    /// <summary>The same where only liars connect both.</summary>
    public int CutOffByLiars { get; init; }

    /// <summary>Records that practices published.</summary>
    public long Records { get; init; }

    /// <summary>Records that nodes refused.</summary>
    public long RecordsRefused { get; init; }

    /// <summary>Old records that liars sent again, and that lost.</summary>
    public long ReplaysLost { get; init; }

    /// <summary>Old records that replaced newer ones.</summary>
    public long ReplaysTaken { get; init; }

    /// <summary>Envelopes sent, those of forwarders included.</summary>
    public long Envelopes { get; init; }

    /// <summary>Of those, dummies.</summary>
    public long Dummies { get; init; }

    /// <summary>Envelopes that a liar swallowed.</summary>
    public long Swallowed { get; init; }

    /// <summary>Times that a practice's node was killed.</summary>
    public int Kills { get; init; }

    /// <summary>Bytes of records and envelopes that a node received in a second.</summary>
    public double MeanBytesPerSecond { get; init; }

    /// <summary>The same at the node that received most.</summary>
    public double MostBytesPerSecond { get; init; }

    /// <summary>Most bytes of records that a node kept.</summary>
    public long MostKept { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
         {Nodes} nodes, {Practices} practices, {Patients} patients, {Days:F1} days
         asked for {Reservations} slots, {Requests} requests arrived,
             {Unanswered} without any answer; {Bookings} bookings, {Kept} kept
         booked twice {BookedTwice}, bookings lost {BookingsLost}, untrue answers {Untrue},
             stale at the end {StaleAtEnd}, cut off by liars {CutOffByLiars}
         practices killed {Kills} times; liars: {RecordsRefused} records refused, {ReplaysLost} replays lost,
             {ReplaysTaken} taken, {Swallowed} envelopes swallowed
         {Records} records, {Envelopes} envelopes ({Dummies} dummies)
         a node received {MeanBytesPerSecond:F1} bytes a second,
             {MostBytesPerSecond:F1} the busiest; kept at most {MostKept} bytes of records
         """);
}
