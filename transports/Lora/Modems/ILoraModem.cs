using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>Where a modem stands. Closed -> Starting -> Online -> Lost -> (port reopened) Starting.</summary>
public enum ModemState
{
    /// <summary>No port.</summary>
    Closed,

    /// <summary>Being identified and configured.</summary>
    Starting,

    /// <summary>Sends and receives.</summary>
    Online,

    /// <summary>Out of order; the port has to be closed and opened again.</summary>
    Lost,
}

/// <summary>Answer to an attempt to send.</summary>
public enum ModemAnswer
{
    /// <summary>Handed to the modem; <see cref="SendFinished"/> follows.</summary>
    Accepted,

    /// <summary>Not now; ask again after the next <see cref="SendFinished"/> or state change.</summary>
    Busy,

    /// <summary>Empty, or longer than <see cref="ILoraModem.MaxFrame"/>.</summary>
    BadLength,

    /// <summary>The grant is used up or smaller than the frame's airtime.</summary>
    NoGrant,
}

/// <summary>
/// A modem's driver: a state machine without I/O. It is told what happened and when; what it wants done comes out as
/// <see cref="ModemAction"/>s. Time is monotonic and passed in. One loop owns it.
/// </summary>
public interface ILoraModem
{
    /// <summary>Name of the driver, as in the configuration.</summary>
    string Kind { get; }

    /// <summary>Speed at which the port has to be opened.</summary>
    int Baud { get; }

    /// <summary>Where the modem stands.</summary>
    ModemState State { get; }

    /// <summary>Longest frame in bytes.</summary>
    int MaxFrame { get; }

    /// <summary>Whether the modem listens before it talks. If not, whoever sends must add a random delay.</summary>
    bool HasCarrierSense { get; }

    /// <summary>Until when the modem is believed to transmit. It is deaf then, and silence means nothing.</summary>
    TimeSpan BusyUntil { get; }

    /// <summary>When <see cref="Tick"/> is due; <see cref="TimeSpan.MaxValue"/>: nothing is awaited.</summary>
    TimeSpan NextTick { get; }

    /// <summary>What the driver counted.</summary>
    ModemCounters Counters { get; }

    /// <summary>
    /// Time on air of a frame of this many bytes, everything the modem adds included; never too small.
    /// </summary>
    TimeSpan Airtime(int frameLength);

    /// <summary>The port is open.</summary>
    void PortOpened(TimeSpan now);

    /// <summary>The port is closed.</summary>
    void PortClosed(TimeSpan now);

    /// <summary>Bytes came from the modem.</summary>
    void Input(ReadOnlySpan<byte> bytes, TimeSpan now);

    /// <summary>Time has passed.</summary>
    void Tick(TimeSpan now);

    /// <summary>Whether the modem would take a frame of this many bytes now.</summary>
    bool CanSend(int frameLength, TimeSpan now);

    /// <summary>Hands over a frame, which the driver copies.</summary>
    ModemAnswer TrySend(ReadOnlySpan<byte> frame, AirtimeGrant grant, TimeSpan now);

    /// <summary>Says goodbye to the modem, as far as it can be said: radio off.</summary>
    void Shutdown(TimeSpan now);

    /// <summary>Takes the next thing to do.</summary>
    bool TryTake([NotNullWhen(true)] out ModemAction? action);
}
