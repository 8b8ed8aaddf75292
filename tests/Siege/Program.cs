using QuicProChat.Mesh.Siege;

if (!Orders.TryParse(args, out Orders? orders))
{
    Console.Error.WriteLine(Orders.Usage);
    return 2;
}

await new Campaign(orders).RunAsync();
return 0;
