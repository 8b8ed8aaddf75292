using System.Collections.Concurrent;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A forwarder of requests that does what it should, and remembers all that it learns: it speaks the wire, and shares
/// no state with the
/// nodes.
/// </summary>
internal sealed class SpyForwarder : IAsyncDisposable
{
    private const ushort Hops = 16;
    private const ushort DayInUnits = 8640;

    private static readonly TimeSpan RepeatsAfter = TimeSpan.FromSeconds(3);

    private readonly HostilePeer _peer;
    private readonly LocalIdentity _identity;
    private readonly byte[] _announce;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<byte[]> _frames = new();
    private readonly ConcurrentQueue<Letter> _letters = new();
    private readonly ConcurrentDictionary<ulong, byte[]> _untaken = new();
    private readonly SemaphoreSlim _writing = new(1);
    private ushort _number;
    private Task _running = Task.CompletedTask;

    private SpyForwarder(HostilePeer peer, LocalIdentity identity)
    {
        (_peer, _identity) = (peer, identity);
        _announce = Announce.Create(
            1, identity.PublicKey.Span, Capabilities.Relay | Capabilities.StoreAndForward | Capabilities.FappRelay,
            keyPackage: null, "spy",
            identity.Sign).Bytes.ToArray();
    }

    /// <summary>An envelope that was sealed to this forwarder.</summary>
    /// <param name="Frame">All of it, as it came.</param>
    /// <param name="To">Where it goes; null for a dummy.</param>
    /// <param name="Request">What goes there; null for a dummy.</param>
    internal sealed record Letter(byte[] Frame, NodeAddress? To, byte[]? Request);

    /// <summary>Every frame that came: kind and body.</summary>
    internal byte[][] Frames => [.. _frames];

    /// <summary>What came to be forwarded, dummies among it.</summary>
    internal Letter[] Letters => [.. _letters];

    /// <summary>Connects to a node from a machine, and tells it that here is a forwarder.</summary>
    internal static async Task<SpyForwarder> StartAsync(string machine, string address, LocalIdentity identity)
    {
        var spy = new SpyForwarder(await HostilePeer.LinkAsync(machine, address, identity), identity);
        await spy.TellAsync();
        spy._running = Task.WhenAll(spy.ReadAsync(), spy.RepeatAsync());
        return spy;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _peer.Dispose();
        await _running;
        _end.Dispose();
        _writing.Dispose();
    }

    private async Task TellAsync()
    {
        await SendAsync(FrameKind.Announce, _announce);
        byte[] body = new byte[RouteUpdate.SizeOf(1)];
        new RouteUpdate.Writer(body, ++_number, RouteUpdateFlags.None).TryAdd(
            new RouteEntry(Abbreviation.Of(_identity.Address), 1, Metric.Zero));
        await SendAsync(FrameKind.RouteUpdate, body);
    }

    private async Task SendAsync(FrameKind kind, byte[] body)
    {
        await _writing.WaitAsync();
        try
        {
            await _peer.SendAsync(kind, body);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                byte[] frame = await _peer.NextAsync(_end.Token);
                _frames.Enqueue(frame);
                await AnswerAsync((FrameKind)frame[0], frame[1..]);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The test is over, or the node hung up: then the test waits for what does not come, and says so.
        }
    }

    /// <summary>What was not taken is sent again, and what everybody should know is told again.</summary>
    private async Task RepeatAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(RepeatsAfter, _end.Token);
                foreach (byte[] envelope in _untaken.Values)
                    await SendAsync(FrameKind.Envelope, envelope);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The test is over, or the node hung up: then the test waits for what does not come, and says so.
        }
    }

    private async Task AnswerAsync(FrameKind kind, byte[] body)
    {
        if (kind == FrameKind.Ping)
            await SendAsync(FrameKind.Pong, body);
        else if (kind == FrameKind.RouteUpdate && AcknowledgementOf(body) is { } acknowledgement)
            await SendAsync(FrameKind.ControlAck, acknowledgement);
        else if (kind == FrameKind.AnnounceRequest)
            await TellAsync();
        else if (kind == FrameKind.CustodyAck)
            Settle(body);
        else if (kind == FrameKind.Envelope && TakenOf(body) is { } taken)
        {
            await SendAsync(FrameKind.CustodyAck, taken);
            if (Open(body) is { } passedOn)
                await SendAsync(FrameKind.Envelope, passedOn);
        }
    }

    private static byte[]? AcknowledgementOf(byte[] body)
    {
        if (!RouteUpdate.TryRead(body, out RouteUpdate update) || !update.Flags.HasFlag(RouteUpdateFlags.Acknowledge))
            return null;
        byte[] answer = new byte[ControlAck.Size];
        new ControlAck(update.Number).Write(answer);
        return answer;
    }

    private static byte[]? TakenOf(byte[] body)
    {
        if (!Envelope.TryRead(body, out Envelope envelope))
            return null;
        byte[] answer = new byte[2 + sizeof(ulong)];
        new CustodyAck.Writer(answer).TryAdd(CustodyCode.Taken, NameOf(envelope));
        return answer;
    }

    private static ulong NameOf(in Envelope envelope) =>
        CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt, envelope.Header.HopsLeft);

    /// <summary>
    /// What a forwarder sends on; null for a dummy, for what is not for it, and for what came before.
    /// </summary>
    private byte[]? Open(byte[] body)
    {
        if (!Envelope.TryRead(body, out Envelope envelope) || envelope.Header.Kind != EnvelopeKind.Fapp
            || !ForwardedRequest.TryUnwrap(_identity, envelope.Payload, out NodeAddress practice, out byte[]? request)
            || _letters.Any(l => l.Frame.AsSpan(EnvelopeHeader.Size).SequenceEqual(body.AsSpan(EnvelopeHeader.Size))))
            return null;
        _letters.Enqueue(new Letter(body, request is null ? null : practice, request));
        if (request is null)
            return null;
        byte[] passedOn = new byte[Envelope.SizeOf(request.Length)];
        Envelope.Write(passedOn,
            new EnvelopeHeader(EnvelopeKind.Fapp, Priority.Normal, false, 0, Hops, DayInUnits, practice), request);
        if (Envelope.TryRead(passedOn, out Envelope made))
            _untaken[NameOf(made)] = passedOn;
        return passedOn;
    }

    private void Settle(byte[] body)
    {
        if (!CustodyAck.TryRead(body, out CustodyAck answers))
            return;
        foreach (CustodyAnswer answer in answers)
        {
            if (answer.Code == CustodyCode.Taken)
                _untaken.TryRemove(answer.Name, out _);
        }
    }
}
