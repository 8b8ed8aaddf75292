using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems.Reyax;
using QuicProChat.Mesh.Transports.Lora.Modems.RNode;

namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>
/// <c>modem=auto</c>: tries one driver after the other, a port opening each, until one gets online, and stays with it.
/// Transparent modems (EBYTE) are never tried: they would put the questions on the air, unbooked. They have to be
/// named. Before the modem is known, airtime and frame length are the worst of the candidates.
/// </summary>
public sealed class ProbingModem : ILoraModem
{
    private static readonly TimeSpan BeforeNext = TimeSpan.FromMilliseconds(200);

    private readonly ILoraModem[] _candidates;
    private int _current;
    private bool _known;

    /// <summary>Makes a driver that finds out which one is needed.</summary>
    public ProbingModem(LoraOptions options, Random random) =>
        _candidates = [new RNodeModem(options), new ReyaxModem(options, random)];

    /// <inheritdoc/>
    public string Kind => _known ? Current.Kind : "auto";

    /// <inheritdoc/>
    public int Baud => Current.Baud;

    /// <inheritdoc/>
    public ModemState State => Current.State;

    /// <inheritdoc/>
    public int MaxFrame => _known ? Current.MaxFrame : _candidates.Min(c => c.MaxFrame);

    /// <inheritdoc/>
    public bool HasCarrierSense => _known && Current.HasCarrierSense;

    /// <inheritdoc/>
    public TimeSpan BusyUntil => Current.BusyUntil;

    /// <inheritdoc/>
    public TimeSpan NextTick => Current.NextTick;

    /// <inheritdoc/>
    public ModemCounters Counters => Current.Counters;

    private ILoraModem Current => _candidates[_current];

    /// <inheritdoc/>
    public TimeSpan Airtime(int frameLength) =>
        _known ? Current.Airtime(frameLength) : _candidates.Max(c => c.Airtime(Math.Min(frameLength, c.MaxFrame)));

    /// <inheritdoc/>
    public void PortOpened(TimeSpan now) => Current.PortOpened(now);

    /// <inheritdoc/>
    public void PortClosed(TimeSpan now)
    {
        bool failed = Current.State == ModemState.Lost && !_known;
        Current.PortClosed(now);
        if (failed)
            _current = (_current + 1) % _candidates.Length;
    }

    /// <inheritdoc/>
    public void Input(ReadOnlySpan<byte> bytes, TimeSpan now) => Current.Input(bytes, now);

    /// <inheritdoc/>
    public void Tick(TimeSpan now) => Current.Tick(now);

    /// <inheritdoc/>
    public bool CanSend(int frameLength, TimeSpan now) => Current.CanSend(frameLength, now);

    /// <inheritdoc/>
    public ModemAnswer TrySend(ReadOnlySpan<byte> frame, AirtimeGrant grant, TimeSpan now) =>
        Current.TrySend(frame, grant, now);

    /// <inheritdoc/>
    public void Shutdown(TimeSpan now) => Current.Shutdown(now);

    /// <inheritdoc/>
    public bool TryTake([NotNullWhen(true)] out ModemAction? action)
    {
        if (!Current.TryTake(out action))
            return false;
        if (action is StateChanged { State: ModemState.Online })
            _known = true;
        else if (action is ReopenPort reopen && !_known && _current < _candidates.Length - 1)
            action = reopen with { RetryAfter = BeforeNext };
        return true;
    }
}
