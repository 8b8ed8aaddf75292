using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.States;

/// <summary>
/// Keys age by time that only runs where the application has one: no calendar deletes what is needed.
/// </summary>
public class AgeingTests
{
    private readonly FakeTime _calendar = new();
    private readonly FakeTime _running = new() { Now = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(3) };
    private readonly TestClient _alice;
    private readonly TestClient _bob;

    public AgeingTests()
    {
        _alice = new TestClient("alice", time: _calendar);
        _bob = new TestClient("bob", time: _calendar, ageing: _running);
    }

    [Theory]
    [InlineData(3650)]
    [InlineData(-3650)]
    public void A_calendar_that_jumps_deletes_nothing_and_running_time_does(int days)
    {
        Group[] groups = TestClient.GroupOf("g", _alice, _bob);
        byte[] late = groups[0].Send("late"), later = groups[0].Send("later");
        KeyPackage own = _bob.Client.CreateKeyPackage(_bob.Identity, TimeSpan.FromDays(30));
        groups[1].Follow(groups[0].Commit(new CommitRequest()).Value.Message);

        _calendar.Now += TimeSpan.FromDays(days);
        _bob.Client.Expire();
        Assert.Equal("late", groups[1].Process(late).Text());
        Assert.Single(_bob.Client.KeyPackages());

        _running.Now += new GroupPolicy().PastEpochLifetime;
        _bob.Client.Expire();
        groups[1].Process(later).Fails(MlsErrorCode.WrongEpoch, "15.3");
        Assert.Single(_bob.Client.KeyPackages());

        _running.Now += TimeSpan.FromDays(30) + new GroupPolicy().KeyPackageGrace;
        Assert.Null(_bob.Client.Expire());
        Assert.Null(_bob.Store.Read(StoreKeys.KeyPackage(own.Reference.Span)));
    }

    [Fact]
    public void What_an_earlier_version_kept_by_the_calendar_ages_from_now()
    {
        TestClient before = new("bob", store: _bob.Store, time: _calendar, identity: _bob.Identity);
        Group[] groups = TestClient.GroupOf("g", _alice, before);
        byte[] late = groups[0].Send("late"), later = groups[0].Send("later");
        groups[1].Follow(groups[0].Commit(new CommitRequest()).Value.Message);
        KeyPackage own = before.Client.CreateKeyPackage(before.Identity, TimeSpan.FromDays(30));
        string key = StoreKeys.KeyPackage(own.Reference.Span);
        using (KeyPackageRecord record = KeyPackageRecord.Read(_bob.Store.Read(key)!)!)
        {
            record.KeepUntil = null;
            _bob.Store.Write([new StoreChange(key, record.ToBytes())]);
        }

        // What is years ahead of running time counts from now.
        Group again = _bob.Client.FindGroup("g"u8)!;
        DateTimeOffset? due = _bob.Client.Expire();
        Assert.Equal(_running.Now + new GroupPolicy().PastEpochLifetime, due);
        Assert.Equal("late", again.Process(late).Text());
        _running.Now = due!.Value;
        _bob.Client.Expire();
        again.Process(later).Fails(MlsErrorCode.WrongEpoch, "15.3");

        // Its 30 days, and 14 more.
        _running.Now += TimeSpan.FromDays(43);
        _bob.Client.Expire();
        Assert.Single(_bob.Client.KeyPackages());
        _running.Now += TimeSpan.FromDays(1);
        _bob.Client.Expire();
        Assert.Empty(_bob.Client.KeyPackages());
    }
}
