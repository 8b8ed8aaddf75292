using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>What every kind of store promises of moderators, reports and bans.</summary>
public abstract partial class ServerStoreContract
{
    [ContractFact]
    public async Task A_moderator_is_a_user_and_is_none_any_more_when_the_account_is_gone()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        Assert.False(await Store.Moderation.AddModeratorAsync("nobody"));
        Assert.True(await Store.Moderation.AddModeratorAsync("bob"));
        Assert.True(await Store.Moderation.AddModeratorAsync("alice"));
        await ReopenAsync();
        Assert.Equal([("alice", alice), ("bob", bob)], await Store.Moderation.ListModeratorsAsync());
        Assert.True(await Store.Moderation.RemoveModeratorAsync("bob"));
        Assert.False(await Store.Moderation.RemoveModeratorAsync("bob"));
        Assert.False(await Store.Moderation.IsModeratorAsync(bob));
        Assert.True(await Store.Moderation.IsModeratorAsync(alice));
        await Store.Accounts.DeleteAsync(alice);
        Assert.False(await Store.Moderation.IsModeratorAsync(alice));
        Assert.Empty(await Store.Moderation.ListModeratorsAsync());
    }

    [ContractFact]
    public async Task Moderators_reports_and_bans_have_bounds()
    {
        await Store.DisposeAsync();
        await InitializeAsync(new StoreLimits { MaxModerators = 1, MaxReports = 3, MaxReportsOfOne = 2, MaxBans = 1 });
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        Assert.True(await Store.Moderation.AddModeratorAsync("alice"));
        await Assert.ThrowsAsync<StoreException>(() => Store.Moderation.AddModeratorAsync("bob"));
        Assert.True(await Store.Moderation.AddReportAsync(alice, new byte[] { 1 }, new byte[] { 9 }));
        Assert.True(await Store.Moderation.AddReportAsync(alice, new byte[] { 2 }, default));
        Assert.False(await Store.Moderation.AddReportAsync(alice, new byte[] { 3 }, default));
        Assert.True(await Store.Moderation.AddReportAsync(bob, new byte[] { 4 }, default));
        Assert.False(await Store.Moderation.AddReportAsync(bob, new byte[] { 5 }, default));
        Assert.True(await Store.Moderation.BanAsync(alice, "one", 0));
        Assert.True(await Store.Moderation.BanAsync(alice, "the same", 0));
        Assert.False(await Store.Moderation.BanAsync(bob, "two", 0));
    }

    [ContractFact]
    public async Task Reports_are_listed_newest_first_and_go_with_time_or_with_their_reporter()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        for (byte i = 1; i <= 4; i++)
        {
            Assert.True(await Store.Moderation.AddReportAsync(
                i == 2 ? bob : alice, new[] { i }, new byte[] { 7 }));
            Time.Advance(TimeSpan.FromDays(1));
        }

        await ReopenAsync();
        IReadOnlyList<StoredReport> page = await Store.Moderation.ListReportsAsync(1, 2);
        Assert.Equal([3, 2], page.Select(r => (int)r.Body[0]));
        Assert.Equal((bob, 7, Time.GetUtcNow().AddDays(-3).ToUnixTimeMilliseconds()),
            (page[1].Reporter, (int)page[1].Conversation[0], page[1].TimeMs));
        await Store.Accounts.DeleteAsync(bob);
        Time.Advance(TimeSpan.FromDays(87));
        await Store.Moderation.ExpireAsync();
        Assert.Equal([4, 3], (await Store.Moderation.ListReportsAsync(0, 10)).Select(r => (int)r.Body[0]));
    }

    [ContractFact]
    public async Task A_ban_ends_with_its_time_or_when_it_is_lifted_and_can_be_changed()
    {
        (IdentityKey alice, IdentityKey bob) = await TwoAsync();
        Assert.True(await Store.Moderation.BanAsync(alice, "spam", 60_000));
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await Store.Moderation.BanAsync(bob, "", 0));
        await ReopenAsync();
        Assert.Equal([bob, alice], (await Store.Moderation.ListBansAsync()).Select(b => b.Identity));
        StoredBan ban = (await Store.Moderation.FindBanAsync(alice))!;
        Assert.Equal(("spam", 60_000L), (ban.Reason, ban.ExpiresMs - ban.SinceMs));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await Store.Moderation.FindBanAsync(alice));
        await Store.Moderation.ExpireAsync();
        Assert.Equal(bob, Assert.Single(await Store.Moderation.ListBansAsync()).Identity);
        Assert.True(await Store.Moderation.BanAsync(bob, "again", 1000));
        Assert.Equal("again", (await Store.Moderation.FindBanAsync(bob))!.Reason);
        Assert.True(await Store.Moderation.UnbanAsync(bob));
        Assert.False(await Store.Moderation.UnbanAsync(bob));
        Assert.Null(await Store.Moderation.FindBanAsync(bob));
    }
}
