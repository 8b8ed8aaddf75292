using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Tests.Hosting;

public sealed class ProgramPagesTests
{
    private const string Smaps =
        """
        10000000-10800000 r--p 00000000 fd:01 12                         /usr/bin/qpc-mesh
        Size:               8192 kB
        Rss:                5000 kB
        Anonymous:             0 kB
        VmFlags: rd mr mw me sd
        10800000-11500000 r-xp 00808000 fd:01 12                         /usr/bin/qpc-mesh
        Rss:               12000 kB
        Anonymous:             0 kB
        11500000-11562000 r--p 014bd000 fd:01 12                         /usr/bin/qpc-mesh
        Rss:                 396 kB
        Anonymous:           396 kB
        11562000-115b2000 rw-p 0151f000 fd:01 12                         /usr/bin/qpc-mesh
        Anonymous:             0 kB
        7f0000000000-7f0000100000 r-xp 00000000 fd:01 13                         /usr/lib/other/usr/bin/qpc-mesh
        Anonymous:             0 kB
        7f0000200000-7f0000300000 rw-p 00000000 00:00 0
        Anonymous:          1024 kB
        7f0000300000-7f0000310000 r--s 00000000 fd:01 12                         /usr/bin/qpc-mesh
        Anonymous:             0 kB
        """;

    [Fact]
    public void Only_what_the_file_still_has_is_let_go()
    {
        using var maps = new StringReader(Smaps);
        Assert.Equal(
            [((nuint)0x10000000, (nuint)0x10800000), ((nuint)0x10800000, (nuint)0x11500000)],
            ProgramPages.Unchanged(maps, "/usr/bin/qpc-mesh"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Anonymous: 0 kB")]
    [InlineData("zz-10 r-xp /x\nAnonymous: 0 kB")]
    [InlineData("10-20 r-xp 0 0 0 /x")]
    [InlineData("10-20\nAnonymous: 0 kB")]
    public void Lines_of_another_form_name_nothing(string text)
    {
        using var maps = new StringReader(text);
        Assert.Empty(ProgramPages.Unchanged(maps, "/x"));
    }

    [Fact]
    public void A_program_goes_on_behind_it()
    {
        Assert.True(ProgramPages.LetGo() > 0);
        Assert.Equal(4950, Enumerable.Range(0, 100).Sum());
    }
}
