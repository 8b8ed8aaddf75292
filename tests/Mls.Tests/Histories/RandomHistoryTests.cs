namespace QuicProChat.Mesh.Mls.Tests.Histories;

/// <summary>Two hundred seeded random lives of groups; each is replayable by its seed.</summary>
public class RandomHistoryTests
{
    private const int Histories = 200;
    private const int Batches = 10;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, Batches)];

    [Theory, MemberData(nameof(Seeds))]
    public void All_members_agree_at_every_epoch_and_the_removed_read_nothing(int batch)
    {
        for (int seed = batch; seed < Histories; seed += Batches)
            new History(seed).Run(steps: 24);
    }
}
