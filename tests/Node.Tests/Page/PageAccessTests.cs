using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Page;
using QuicProChat.Mesh.Transports.Tests.Fakes;

namespace QuicProChat.Mesh.Node.Tests.Page;

/// <summary>Links and sessions.</summary>
public sealed class PageAccessTests
{
    private readonly FakeTime _time = new();
    private readonly Rows _rows = new();

    [Fact]
    public async Task A_link_opens_one_session_which_opens_again()
    {
        PageAccess access = New();
        string link = access.NewLink();
        string session = (await OpenAsync(access, $"link {link}"))!;
        Assert.NotNull(session);
        Assert.NotEqual(link, session);
        Assert.Null(await OpenAsync(access, $"link {link}"));
        Assert.Equal(session, await OpenAsync(access, $"session {session}"));
        Assert.Equal(session, await OpenAsync(access, $"session {session}"));
    }

    [Fact]
    public async Task A_link_that_is_a_minute_old_opens_nothing()
    {
        PageAccess access = New();
        string early = access.NewLink(), late = access.NewLink();
        _time.Advance(PageAccess.LinkLife);
        Assert.NotNull(await OpenAsync(access, $"link {early}"));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await OpenAsync(access, $"link {late}"));
    }

    [Fact]
    public async Task The_oldest_link_and_the_oldest_session_give_way()
    {
        PageAccess access = New();
        string first = access.NewLink();
        for (int i = 0; i < PageAccess.MaxLinks; i++)
            access.NewLink();
        Assert.Null(await OpenAsync(access, $"link {first}"));

        string oldest = (await OpenAsync(access, $"link {access.NewLink()}"))!;
        _time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < PageAccess.MaxSessions; i++)
            Assert.NotNull(await OpenAsync(access, $"link {access.NewLink()}"));
        Assert.Null(await OpenAsync(access, $"session {oldest}"));
        Assert.Equal(PageAccess.MaxSessions, _rows.Count);
    }

    [Fact]
    public async Task A_session_outlives_a_restart_and_ends_a_week_after_its_last_use()
    {
        string session = (await LogInAsync(New()))!;
        _time.Advance(PageAccess.SessionLife);
        Assert.NotNull(await OpenAsync(New(), $"session {session}"));
        _time.Advance(PageAccess.SessionLife);
        PageAccess again = New();
        Assert.NotNull(await OpenAsync(again, $"session {session}"));
        _time.Advance(PageAccess.SessionLife + TimeSpan.FromSeconds(1));
        Assert.Null(await OpenAsync(again, $"session {session}"));
    }

    [Fact]
    public async Task Whoever_closes_all_pages_voids_every_link_and_session()
    {
        PageAccess access = New();
        string session = (await LogInAsync(access))!;
        string link = access.NewLink();
        await access.CloseAllAsync();
        Assert.Null(await OpenAsync(access, $"session {session}"));
        Assert.Null(await OpenAsync(access, $"link {link}"));
        Assert.Null(await OpenAsync(New(), $"session {session}"));
        Assert.Equal(0, _rows.Count);
    }

    [Fact]
    public async Task Nothing_else_opens_a_session()
    {
        PageAccess access = New();
        string login = $"link {access.NewLink()}";
        for (int length = 0; length < login.Length; length++)
            Assert.Null(await OpenAsync(access, login[..length]));
        Assert.Null(await OpenAsync(access, login + "x"));
        Assert.Null(await OpenAsync(access, login.Replace("link", "session", StringComparison.Ordinal)));
        for (int at = 0; at < login.Length; at++)
            Assert.Null(await OpenAsync(access, login[..at] + (login[at] == 'A' ? 'B' : 'A') + login[(at + 1)..]));
        Assert.NotNull(await OpenAsync(access, login));
    }

    [Fact]
    public async Task What_is_kept_is_no_token()
    {
        string session = (await LogInAsync(New()))!;
        byte[] row = Assert.Single(_rows.Load());
        Assert.DoesNotContain(session, Convert.ToBase64String(row), StringComparison.Ordinal);
        Assert.DoesNotContain(session, Encoding.Latin1.GetString(row), StringComparison.Ordinal);
    }

    private PageAccess New() => new(_rows, RandomSource.System, _time);

    private static async Task<string?> LogInAsync(PageAccess access) =>
        await OpenAsync(access, $"link {access.NewLink()}");

    private static async Task<string?> OpenAsync(PageAccess access, string login) =>
        await access.OpenAsync(Encoding.UTF8.GetBytes(login));

    private sealed class Rows : IPageRecords
    {
        private readonly Dictionary<string, byte[]> _kept = [];

        internal int Count => _kept.Count;

        public IEnumerable<byte[]> Load() => [.. _kept.Values];

        public ValueTask SaveAsync(byte[] digest, byte[] row)
        {
            _kept[Convert.ToHexString(digest)] = row;
            return ValueTask.CompletedTask;
        }

        public ValueTask ForgetAsync(byte[] digest)
        {
            _kept.Remove(Convert.ToHexString(digest));
            return ValueTask.CompletedTask;
        }
    }
}
