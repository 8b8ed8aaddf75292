namespace QuicProChat.Mesh.Store.Probe;

/// <summary>
/// Commits transactions for ever and prints the number of each afterwards. Transaction n holds message n and its
/// envelope, forgets envelope n - 3, remembers some ids, moves one piece of a conversation's state, adds one and
/// forgets the one of n - 3: so what must be on disk follows from n.
/// </summary>
internal static class Writer
{
    internal static void Run(string directory, Durability durability, int first)
    {
        using MeshStore store =
            MeshStore.Open(directory, Samples.Key, new StoreOptions { Durability = durability }, TimeProvider.System);
        for (int number = first; ; number++)
        {
            store.Begin();
            store.Insert(Samples.Message(number));
            store.PutEnvelope(Samples.Id(number), Samples.Holding(number),
                Samples.Envelope(number, payload: 50 + number % 4000));
            store.DeleteEnvelope(Samples.Id(number - 3));
            for (int i = 0; i < 20; i++)
                store.PutSeen(Samples.Id(number * 20 + i), (byte)i);
            store.PutSequence((uint)number);
            store.PutPiece(Samples.Conversation(0), 0, BitConverter.GetBytes(number), spent: number % 32 == 0);
            store.PutPiece(
                Samples.Conversation(0), 1 + number % 4, Samples.Envelope(number, payload: 50 + number % 1500),
                spent: false);
            store.DeletePiece(Samples.Conversation(0), 1 + (number + 1) % 4);
            store.Commit();
            Console.WriteLine(number);
        }
    }
}
