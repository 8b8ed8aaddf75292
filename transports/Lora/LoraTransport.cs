using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Serial;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>What radios need to know of the node.</summary>
/// <param name="Identity">Who we are; not disposed of.</param>
/// <param name="BootId">Drawn at this process's start.</param>
/// <param name="NetworkKey">The community's key, 32 bytes, for radios whose URI names none; empty for an open
/// network.</param>
/// <param name="StateDirectory">Where the airtime ledgers live; null keeps them in memory only (tests).</param>
public sealed record LoraSettings(
    LocalIdentity Identity, ulong BootId, ReadOnlyMemory<byte> NetworkKey, string? StateDirectory);

/// <summary>
/// Radios. One listens on a modem; its neighbours come up as links by themselves. Nothing is dialled.
/// </summary>
public sealed class LoraTransport : ITransport
{
    internal const string SchemeName = "lora";

    /// <summary>What is said to whoever would dial a radio.</summary>
    internal const string NotDialled = "a radio is listened on, not dialled: write it under listen";

    private readonly LoraSettings _settings;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly List<LoraListener> _radios = [];
    private readonly BandLedgers _ledgers;
    private int _media;

    /// <summary>Makes the transport.</summary>
    /// <param name="settings">The node.</param>
    /// <param name="time">The clock; its timestamps count since boot.</param>
    /// <param name="random">For jitter and back-off; need not be secret.</param>
    /// <param name="logger">Where radios tell when they come and go.</param>
    public LoraTransport(LoraSettings settings, TimeProvider time, Random random, ILogger<LoraTransport>? logger = null)
    {
        _settings = settings;
        _time = time;
        _random = random;
        _ledgers = new BandLedgers(settings.StateDirectory, new SystemLedgerClock());
        _logger = logger ?? NullLogger<LoraTransport>.Instance;
    }

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public string? Unavailable =>
        OperatingSystem.IsLinux() && TermiosAbi.IsSupported(RuntimeInformation.ProcessArchitecture)
            ? null
            : $"serial lines are not supported on {RuntimeInformation.OSDescription} "
                + $"{RuntimeInformation.ProcessArchitecture}";

    /// <summary>The radios in use.</summary>
    public IReadOnlyList<LoraListener> Radios
    {
        get
        {
            lock (_lock)
                return [.. _radios];
        }
    }

    /// <inheritdoc/>
    /// <remarks>A device that is absent is waited for, and logged; one that is in use is refused.</remarks>
    public ValueTask<IListener> ListenAsync(LinkUri uri, ILinkAcceptor acceptor, CancellationToken cancellation)
    {
        if (!LoraUri.TryParse($"{Scheme}:{uri.Rest}", out LoraOptions? options, out LoraUriError? error))
            throw new IOException(error.ToString());
        if (options.NetworkKey is null && !_settings.NetworkKey.IsEmpty)
            options = options with { NetworkKey = _settings.NetworkKey.ToArray() };
        RadioPort port = new(options.Device);
        try
        {
            return ValueTask.FromResult<IListener>(Start(options, port, acceptor));
        }
        catch (UnauthorizedAccessException e)
        {
            port.Dispose();
            throw new IOException(FaultText.Of(e), e);
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    private LoraListener Start(LoraOptions options, RadioPort port, ILinkAcceptor acceptor)
    {
        Random chance;
        lock (_lock)
        {
            // An absent device holds no lock that would tell the two apart.
            if (_radios.Exists(r => r.Bound.Rest == options.Device))
                throw new DeviceHeldException(options.Device);
            chance = new Random(_random.Next());
        }
        ILoraModem modem = ModemFactory.Create(options, options.Modem, new Random(chance.Next()));
        port.Claim(modem.Baud);
        TimeSpan now = _time.GetElapsedTime(0);
        DutyLedger ledger = _ledgers.Of(options.Band, now);
        LoraHub hub = new(
            options,
            user => new RadioMedium(options, _settings.Identity, _settings.BootId, ledger, user,
                new Random(chance.Next())),
            acceptor, Interlocked.Increment(ref _media), new RadioLog(options, _logger), _time);
        GpioModePins? pins = options.ModeSwitch == ModeSwitch.Gpio
            ? new GpioModePins(options.GpioChip, options.GpioM0, options.GpioM1)
            : null;
        LoraRadio radio = new(modem, port.Open, hub, pins, _time);
        hub.Attach(radio);
        // The bound URI is shown and logged: without the key that the operator's may hold.
        LoraListener listener = new(new LinkUri(Scheme, options.Device, null), hub, radio, port, pins, this);
        lock (_lock)
            _radios.Add(listener);
        radio.Start();
        _ = WatchAsync(listener, hub);
        return listener;
    }

    // The radio's thread ends by order, or by a fault of this program; then its links must not stay half alive.
    private async Task WatchAsync(LoraListener listener, LoraHub hub)
    {
        try
        {
            await listener.Ended.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.LoopFailed(_logger, e, "radio", listener.Bound);
            hub.EndAll(new LinkEnd(LinkEndCode.TransportFailed, Detail: "the radio's loop failed"));
        }
    }

    /// <inheritdoc/>
    public ValueTask<DialResult> DialAsync(LinkUri uri, CancellationToken cancellation) =>
        ValueTask.FromResult(new DialResult(null, new LinkEnd(
            LinkEndCode.TransportFailed, Detail: NotDialled)));

    internal void Forget(LoraListener listener)
    {
        lock (_lock)
            _radios.Remove(listener);
    }
}

/// <summary>A radio in use.</summary>
public sealed class LoraListener : IListener
{
    private readonly LoraHub _hub;
    private readonly LoraRadio _radio;
    private readonly RadioPort _port;
    private readonly GpioModePins? _pins;
    private readonly LoraTransport _owner;
    private int _disposed;

    internal LoraListener(
        LinkUri bound, LoraHub hub, LoraRadio radio, RadioPort port, GpioModePins? pins, LoraTransport owner)
    {
        Bound = bound;
        _hub = hub;
        _radio = radio;
        _port = port;
        _pins = pins;
        _owner = owner;
    }

    /// <inheritdoc/>
    public LinkUri Bound { get; }

    /// <summary>Ends when the radio was stopped; fails with what it died of.</summary>
    public Task Ended => _radio.Ended;

    /// <summary>
    /// Asks the radio's thread how things stand; of a radio that has ended, tells how they stood then.
    /// </summary>
    public async Task<RadioStatus> StatusAsync(CancellationToken cancellation)
    {
        TaskCompletionSource<RadioStatus> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _hub.Do(() => answer.TrySetResult(_hub.Status()));
        Task first = await Task.WhenAny(answer.Task, _radio.Ended).WaitAsync(cancellation).ConfigureAwait(false);
        if (first == answer.Task)
            return await answer.Task.ConfigureAwait(false);
        string why = _radio.Ended.Exception?.InnerException is { } fault
            ? $"a fault of this program: {FaultText.Of(fault)}" : "stopped";
        // No thread owns it any more, but several may ask.
        lock (_hub)
            return _hub.Status() with { State = ModemState.Closed, Detail = why };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _owner.Forget(this);
        await _radio.DisposeAsync();
        _port.Dispose();
        _hub.EndAll(new LinkEnd(LinkEndCode.Closed));
        _pins?.Dispose();
    }
}
