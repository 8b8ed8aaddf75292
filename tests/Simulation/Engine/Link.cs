using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What a link between two nodes is made of.</summary>
/// <param name="Delay">From one end to the other.</param>
/// <param name="BitsPerSecond">Bit rate of each direction; 0 for none worth modelling.</param>
/// <param name="LossForward">Probability that a packet from A to B is lost.</param>
/// <param name="LossBackward">Probability that a packet from B to A is lost.</param>
/// <param name="Carrier">Both ends notice at once when the wire is cut; otherwise only silence tells.</param>
/// <param name="Repeats">How often the link layer itself repeats a lost packet, each time after the delay.</param>
public sealed record LinkModel(
    TimeSpan Delay, long BitsPerSecond = 0, double LossForward = 0, double LossBackward = 0, bool Carrier = true,
    int Repeats = 0);

/// <summary>
/// A place where two nodes can hear each other, and the connection over it, if there is one. The wire may be cut
/// while both ends still believe in the connection, and one end may be gone while the other still holds its half.
/// </summary>
public sealed class Link(int index, int a, int b, LinkModel model)
{
    /// <summary>Number of the link.</summary>
    public int Index { get; } = index;

    /// <summary>The node at end 0.</summary>
    public int A { get; } = a;

    /// <summary>The node at end 1.</summary>
    public int B { get; } = b;

    /// <summary>What it is made of.</summary>
    public LinkModel Model { get; } = model;

    /// <summary>Signals pass.</summary>
    public bool WireUp { get; set; } = true;

    /// <summary>The last connection that was made; they are numbered from 1.</summary>
    public long Connection { get; set; }

    /// <summary>A dial is scheduled or under way.</summary>
    public bool Dialling { get; set; }

    /// <summary>A dial is scheduled after one that failed, or a connection that ended.</summary>
    public bool Waiting { get; set; }

    /// <summary>Failed dials since the last success.</summary>
    public int Failures { get; set; }

    /// <summary>The connection was good for something, as the dialling node sees it.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Connections in a row that were not.</summary>
    public int Useless { get; set; }

    /// <summary>The last dial that was scheduled; earlier ones do not happen.</summary>
    public int DialNumber { get; set; }

    /// <summary>When the last connection was made.</summary>
    public Instant UpAt { get; set; }

    /// <summary>When the wire was cut last.</summary>
    public Instant CutAt { get; set; }

    /// <summary>Both ends.</summary>
    public LinkEndState[] Ends { get; } = [new(), new()];

    /// <summary>The node at an end.</summary>
    public int NodeAt(int end) => end == 0 ? A : B;

    /// <summary>Probability of loss for what the given end sends.</summary>
    public double LossFrom(int end) => end == 0 ? Model.LossForward : Model.LossBackward;

    /// <summary>Both ends hold the same connection.</summary>
    public bool Connected => Ends[0].Connection != 0 && Ends[0].Connection == Ends[1].Connection;
}

/// <summary>One end of a link as its node sees it.</summary>
public sealed class LinkEndState
{
    /// <summary>The connection it holds; 0 for none.</summary>
    public long Connection { get; set; }

    /// <summary>The router's number for it, while it holds one.</summary>
    public LinkId Id { get; set; } = LinkId.None;
}

/// <summary>The six queues of a link's direction, by <see cref="FrameClass"/>.</summary>
[InlineArray(Count)]
public struct ClassQueues
{
    /// <summary>How many classes there are.</summary>
    public const int Count = 6;

    private FrameQueue _first;
}

/// <summary>One direction of a link: its queues, its place on the wire, and what it carried.</summary>
public sealed class Channel(int index)
{
    /// <summary>Number: twice that of the link, plus the end that sends.</summary>
    public int Index { get; } = index;

    /// <summary>What waits to be written.</summary>
    public ClassQueues Queues;

    /// <summary>What was written and never arrived: the sender's TCP keeps it and tries again.</summary>
    public FrameQueue Stalled;

    /// <summary>Since when it is stalled.</summary>
    public Instant StalledSince { get; set; }

    /// <summary>
    /// Writes of which something was lost, in either direction: what is unacknowledged is sent again too.
    /// </summary>
    public uint Repeats { get; set; }

    /// <summary>When something is sent again for the last time, as far as is drawn.</summary>
    public Instant LastRepeat { get; set; }

    /// <summary>Queued since the last write.</summary>
    public bool Dirty { get; set; }

    /// <summary>A frame was refused; <see cref="EventKind.Writable"/> is owed.</summary>
    public bool Refused { get; set; }

    /// <summary>Segments that were written and have not arrived.</summary>
    public int UnderWay { get; set; }

    /// <summary>When the first of them was.</summary>
    public Instant FlightBegan { get; set; }

    /// <summary>They were few enough when the first time-out came.</summary>
    public bool IsThin { get; set; }

    /// <summary>Until when the wire is taken by an earlier write.</summary>
    public Instant BusyUntil { get; set; }

    /// <summary>When the last write arrives; later ones do not overtake it.</summary>
    public Instant LastArrival { get; set; }

    /// <summary>When the acknowledgement that this direction owes will travel alone; never, if none is owed.</summary>
    public Instant AckDue { get; set; } = Instant.Never;

    /// <summary>For which class of traffic it is owed.</summary>
    public TrafficClass AckFor { get; set; }

    /// <summary>Bytes carried since the start of the simulation.</summary>
    public TrafficCounter Sent;

    /// <summary>Envelopes carried.</summary>
    public long Envelopes { get; set; }

    /// <summary>Bytes that wait in all queues.</summary>
    public int QueuedBytes
    {
        get
        {
            int bytes = 0;
            for (int i = 0; i < ClassQueues.Count; i++)
                bytes += Queues[i].Bytes;
            return bytes;
        }
    }
}
