using System.Threading.Channels;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Fakes;

/// <summary>Keeps what links report, and can keep a link waiting as a busy router would.</summary>
public sealed class RecordingEvents : ILinkEvents
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<ILink> _up = Channel.CreateUnbounded<ILink>();
    private readonly Channel<(ILink Link, LinkEnd Reason)> _down = Channel.CreateUnbounded<(ILink, LinkEnd)>();
    private readonly Channel<byte[]> _frames = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<ILink> _writable = Channel.CreateUnbounded<ILink>();

    /// <summary>Completed unless a test holds the receiver.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>The events in the order in which they came, for tests about order.</summary>
    public List<string> Order { get; } = [];

    public ValueTask UpAsync(ILink link)
    {
        lock (Order)
            Order.Add($"up {link.Uri}");
        _up.Writer.TryWrite(link);
        return ValueTask.CompletedTask;
    }

    public async ValueTask ReceivedAsync(ILink link, ReceivedFrames frames)
    {
        await Gate;
        while (frames.TryNext(out ReadOnlySpan<byte> frame))
            _frames.Writer.TryWrite(frame.ToArray());
        frames.Dispose();
    }

    public void Writable(ILink link) => _writable.Writer.TryWrite(link);

    public ValueTask DownAsync(ILink link, LinkEnd reason)
    {
        lock (Order)
            Order.Add($"down {link.Uri}");
        _down.Writer.TryWrite((link, reason));
        return ValueTask.CompletedTask;
    }

    public Task<ILink> NextUpAsync() => Next(_up);

    public Task<(ILink Link, LinkEnd Reason)> NextDownAsync() => Next(_down);

    public Task<byte[]> NextFrameAsync() => Next(_frames);

    public Task<ILink> NextWritableAsync() => Next(_writable);

    public bool HasFrames => _frames.Reader.TryPeek(out _);

    private static Task<T> Next<T>(Channel<T> channel) => channel.Reader.ReadAsync().AsTask().WaitAsync(Patience);
}
