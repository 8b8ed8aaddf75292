using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>What all drivers have in common: the queue of actions, the state, how a modem is lost.</summary>
public abstract class ModemMachine : ILoraModem
{
    /// <summary>Arbitrary: a loop that never takes its actions must not make the driver grow for ever.</summary>
    private const int MaxActions = 512;

    private readonly Queue<ModemAction> _actions = new();

    /// <inheritdoc/>
    public abstract string Kind { get; }

    /// <inheritdoc/>
    public abstract int Baud { get; }

    /// <inheritdoc/>
    public abstract int MaxFrame { get; }

    /// <inheritdoc/>
    public abstract bool HasCarrierSense { get; }

    /// <inheritdoc/>
    public ModemState State { get; private set; }

    /// <inheritdoc/>
    public TimeSpan BusyUntil { get; private protected set; }

    /// <inheritdoc/>
    public TimeSpan NextTick { get; private protected set; } = TimeSpan.MaxValue;

    /// <inheritdoc/>
    public ModemCounters Counters { get; } = new();

    /// <inheritdoc/>
    public abstract TimeSpan Airtime(int frameLength);

    /// <inheritdoc/>
    public void PortOpened(TimeSpan now)
    {
        BusyUntil = now;
        Enter(ModemState.Starting, "port open");
        OnOpened(now);
    }

    /// <inheritdoc/>
    public void PortClosed(TimeSpan now)
    {
        NextTick = TimeSpan.MaxValue;
        OnClosed();
        Enter(ModemState.Closed, "port closed");
    }

    /// <inheritdoc/>
    public void Input(ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        if (State is ModemState.Starting or ModemState.Online)
            OnInput(bytes, now);
    }

    /// <inheritdoc/>
    public void Tick(TimeSpan now)
    {
        if (now >= NextTick && State is ModemState.Starting or ModemState.Online)
            OnTick(now);
    }

    /// <inheritdoc/>
    public bool CanSend(int frameLength, TimeSpan now) =>
        State == ModemState.Online && frameLength > 0 && frameLength <= MaxFrame && HasRoomFor(frameLength, now);

    /// <inheritdoc/>
    public ModemAnswer TrySend(ReadOnlySpan<byte> frame, AirtimeGrant grant, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(grant);
        if (frame.IsEmpty || frame.Length > MaxFrame)
            return ModemAnswer.BadLength;
        if (!CanSend(frame.Length, now))
            return ModemAnswer.Busy;
        if (!grant.TrySpend(Airtime(frame.Length)))
            return ModemAnswer.NoGrant;
        Counters.FramesSent++;
        Counters.BytesSent += frame.Length;
        Send(frame, now);
        return ModemAnswer.Accepted;
    }

    /// <inheritdoc/>
    public virtual void Shutdown(TimeSpan now)
    {
    }

    /// <inheritdoc/>
    public bool TryTake([NotNullWhen(true)] out ModemAction? action) => _actions.TryDequeue(out action);

    private protected abstract void OnOpened(TimeSpan now);

    private protected abstract void OnClosed();

    private protected abstract void OnInput(ReadOnlySpan<byte> bytes, TimeSpan now);

    private protected abstract void OnTick(TimeSpan now);

    private protected abstract bool HasRoomFor(int length, TimeSpan now);

    private protected abstract void Send(ReadOnlySpan<byte> frame, TimeSpan now);

    private protected void Do(ModemAction action)
    {
        if (_actions.Count < MaxActions || action is not (FrameReceived or NoiseReported))
            _actions.Enqueue(action);
    }

    private protected void Write(ReadOnlySpan<byte> bytes) => Do(new WritePort(bytes.ToArray()));

    private protected void Enter(ModemState state, string detail)
    {
        if (State == state)
            return;
        State = state;
        Do(new StateChanged(state, detail));
    }

    /// <summary>The modem is of no use as it is: close, wait, start again.</summary>
    private protected void Lose(string reason, TimeSpan retryAfter)
    {
        if (State == ModemState.Lost)
            return;
        Counters.Losses++;
        NextTick = TimeSpan.MaxValue;
        OnClosed();
        Enter(ModemState.Lost, reason);
        Do(new ReopenPort(reason, retryAfter));
    }

    private protected void Report(bool sent, string? failure = null)
    {
        if (!sent)
            Counters.SendFailures++;
        Do(new SendFinished(sent, failure));
    }
}
