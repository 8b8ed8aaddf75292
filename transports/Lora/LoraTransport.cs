using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
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
/// <param name="NetworkKey">The community's key, 32 bytes, for radios whose URI names none; empty for an open network.</param>
/// <param name="StateDirectory">Where the airtime ledgers live; null keeps them in memory only (tests).</param>
public sealed record LoraSettings(
    LocalIdentity Identity, ulong BootId, ReadOnlyMemory<byte> NetworkKey, string? StateDirectory);

/// <summary>Radios. One listens on a modem; its neighbours come up as links by themselves. Nothing is dialled.</summary>
public sealed class LoraTransport : ITransport
{
    private readonly LoraSettings _settings;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Lock _lock = new();
    private readonly List<LoraListener> _radios = [];
    private int _media;

    /// <summary>Makes the transport.</summary>
    /// <param name="settings">The node.</param>
    /// <param name="time">The clock; its timestamps count since boot.</param>
    /// <param name="random">For jitter and back-off; need not be secret.</param>
    public LoraTransport(LoraSettings settings, TimeProvider time, Random random)
    {
        _settings = settings;
        _time = time;
        _random = random;
    }

    /// <inheritdoc/>
    public string Scheme => "lora";

    /// <inheritdoc/>
    public string? Unavailable =>
        OperatingSystem.IsLinux() && TermiosAbi.IsSupported(RuntimeInformation.ProcessArchitecture)
            ? null
            : $"serial lines are not supported on {RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}";

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
    public ValueTask<IListener> ListenAsync(LinkUri uri, ILinkAcceptor acceptor, CancellationToken cancellation)
    {
        if (!LoraUri.TryParse($"{Scheme}:{uri.Rest}", out LoraOptions? options, out LoraUriError? error))
            throw new IOException(error.ToString());
        if (options.NetworkKey is null && !_settings.NetworkKey.IsEmpty)
            options = options with { NetworkKey = _settings.NetworkKey.ToArray() };
        TimeSpan now = _time.GetElapsedTime(0);
        DutyLedger ledger = new(options.Band, null, OpenJournal(options), now);
        LoraHub hub = new(
            options,
            user => new RadioMedium(options, _settings.Identity, _settings.BootId, ledger, user, new Random(_random.Next())),
            acceptor, Interlocked.Increment(ref _media), _time);
        GpioModePins? pins = options.ModeSwitch == ModeSwitch.Gpio
            ? new GpioModePins(options.GpioChip, options.GpioM0, options.GpioM1)
            : null;
        LoraRadio radio = new(
            ModemFactory.Create(options, options.Modem, new Random(_random.Next())),
            baud => SerialLine.Open(options.Device, baud), hub, pins, _time);
        hub.Attach(radio);
        // The bound URI is shown and logged: without the key that the operator's may hold.
        LoraListener listener = new(new LinkUri(Scheme, options.Device, null), hub, radio, pins, this);
        lock (_lock)
            _radios.Add(listener);
        radio.Start();
        return ValueTask.FromResult<IListener>(listener);
    }

    /// <inheritdoc/>
    public ValueTask<DialResult> DialAsync(LinkUri uri, CancellationToken cancellation) =>
        ValueTask.FromResult(new DialResult(null, new LinkEnd(
            LinkEndCode.TransportFailed, Detail: "A radio is listened on, not dialled: write it under listen.")));

    internal void Forget(LoraListener listener)
    {
        lock (_lock)
            _radios.Remove(listener);
    }

    private LedgerJournal? OpenJournal(LoraOptions options)
    {
        if (_settings.StateDirectory is not { } directory)
            return null;
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(options.Device));
        string name = $"airtime-{Convert.ToHexStringLower(digest.AsSpan(0, 6))}";
        return new LedgerJournal(new FileLedgerStore(Path.Combine(directory, name)), new SystemLedgerClock());
    }
}

/// <summary>A radio in use.</summary>
public sealed class LoraListener : IListener
{
    private readonly LoraHub _hub;
    private readonly LoraRadio _radio;
    private readonly GpioModePins? _pins;
    private readonly LoraTransport _owner;
    private int _disposed;

    internal LoraListener(LinkUri bound, LoraHub hub, LoraRadio radio, GpioModePins? pins, LoraTransport owner)
    {
        Bound = bound;
        _hub = hub;
        _radio = radio;
        _pins = pins;
        _owner = owner;
    }

    /// <inheritdoc/>
    public LinkUri Bound { get; }

    /// <summary>Ends when the radio was stopped; fails with what it died of.</summary>
    public Task Ended => _radio.Ended;

    /// <summary>Asks the radio's thread how things stand.</summary>
    public Task<RadioStatus> StatusAsync(CancellationToken cancellation)
    {
        TaskCompletionSource<RadioStatus> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _hub.Do(() => answer.TrySetResult(_hub.Status()));
        // A radio that has ended answers no more.
        _ = _radio.Ended.ContinueWith(_ => answer.TrySetCanceled(), TaskScheduler.Default);
        return answer.Task.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _owner.Forget(this);
        await _radio.DisposeAsync();
        _hub.EndAll();
        _pins?.Dispose();
    }
}
