namespace QuicProChat.Mesh.Wire;

/// <summary>The budget from which a receive buffer was taken.</summary>
public interface IReceiveMemory
{
    /// <summary>Takes a buffer back; called on any thread.</summary>
    void Return(byte[] buffer);
}
