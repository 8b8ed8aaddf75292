using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Tests;

/// <summary>When a node looks for messages whose time is over.</summary>
public sealed class DisappearingTests : IDisposable
{
    private readonly LocalIdentity _identity = LocalIdentity.Generate();
    private readonly FakeStore _store = new();
    private readonly Disappearing _disappearing;
    private readonly Instant _start = default(Instant) + TimeSpan.FromHours(1);

    public DisappearingTests()
    {
        _disappearing = new Disappearing(
            new MessagingContext(_identity, new FakeLoop(), _store, _store, TimeProvider.System)
            {
                HopLimit = 32,
                Receipts = ReceiptPolicy.All,
            },
            static (_, _) => { });
    }

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void While_nothing_is_to_disappear_nothing_wakes()
    {
        _disappearing.Pump(_start);
        Assert.Equal(Instant.Never, _disappearing.NextDue);
        Assert.Empty(_store.Erasing);
    }

    [Fact]
    public void What_is_to_disappear_is_looked_for_from_time_to_time_and_erased_when_its_time_is_over()
    {
        _store.UntilNextExpiry = TimeSpan.FromMinutes(1);
        Assert.True(_disappearing.NextDue <= _start);
        _disappearing.Pump(_start);
        Assert.Empty(_store.Erasing);
        Assert.Equal(_start + Disappearing.Interval, _disappearing.NextDue);
        _store.UntilNextExpiry = TimeSpan.Zero;
        _disappearing.Pump(_start);
        Assert.Empty(_store.Erasing);
        Instant later = _start + Disappearing.Interval;
        _disappearing.Pump(later);
        // One at a time.
        _disappearing.Pump(later + Disappearing.Interval);
        Assert.Single(_store.Erasing);
        // The disk failed: it is tried again, and not at once.
        _store.Erasing.Dequeue()(later + Disappearing.Interval, []);
        Assert.Equal(later + Disappearing.Interval, _disappearing.NextDue);
        _disappearing.Pump(later + Disappearing.Interval);
        Assert.Single(_store.Erasing);
    }
}
