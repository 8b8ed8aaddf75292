using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Tests;

public class SourceWorkTests
{
    private const int Each = 20_000, Always = 12, Price = 32;

    private readonly SourceWork _work = new(Each, Always);
    private Instant _now;

    [Fact]
    public void A_source_that_brings_forgeries_uses_up_its_own_share_and_not_the_others()
    {
        for (ulong source = 0; source < 8; source++)
            UseUp(source);
        Assert.False(_work.Allows(_now, 0, Price));
        Assert.True(_work.Allows(_now, 0, Always));

        // They have used up what there is for all; one that brought none is heard.
        Assert.True(_work.Allows(_now, 99, Price));
        Assert.True(_work.Allows(_now + TimeSpan.FromSeconds(5), 0, Price));
    }

    [Fact]
    public void However_many_sources_there_were_those_that_come_later_have_a_share_of_their_own_again()
    {
        for (ulong source = 0; source < 300; source++)
            UseUp(source);
        Assert.Equal(SourceWork.MaxSources, _work.Sources);
        Assert.False(_work.Allows(_now, 500, Price));

        _now += TimeSpan.FromMinutes(2);
        _work.Charge(_now, 600, Price);
        Assert.Equal(1, _work.Sources);
        UseUp(601);
        Assert.True(_work.Allows(_now, 602, Price));
    }

    private void UseUp(ulong source)
    {
        for (int i = 0; i < 1000 && _work.Allows(_now, source, Price); i++)
            _work.Charge(_now, source, Price);
    }
}
