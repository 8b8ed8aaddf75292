namespace QuicProChat.Mesh.Messaging.Tests;

public sealed class RecentSetTests
{
    [Fact]
    public void What_is_added_beyond_the_most_takes_the_place_of_the_oldest()
    {
        var set = new RecentSet<int>(3);
        foreach (int i in new[] { 1, 2, 3, 1, 4 })
            set.Add(i);
        Assert.Equal([false, true, true, true], new[] { 1, 2, 3, 4 }.Select(set.Contains));
        Assert.Equal(3, set.Count);
    }

    [Fact]
    public void What_is_taken_out_leaves_its_place_to_others()
    {
        var set = new RecentSet<int>(2);
        for (int i = 0; i < 10_000; i++)
        {
            Assert.True(set.Add(i));
            Assert.True(set.Remove(i));
            Assert.False(set.Remove(i));
        }

        Assert.Equal(0, set.Count);
        set.Add(1);
        set.Add(2);
        Assert.True(set.Contains(1) && set.Contains(2));
    }
}
