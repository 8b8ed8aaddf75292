return QuicProChat.Mesh.LoraSimulation.AirProgram.Run(args, Console.Out, Console.Error);
